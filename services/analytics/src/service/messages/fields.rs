//! [`Fields`]: the fields of an event that we know, as they stand in its JSON.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeOwned, Error, IgnoredAny, MapAccess, Visitor},
};
use serde_json::value::RawValue;

/// The reason why a field cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum FieldError {
    #[error("missing field `{0}`")]
    Missing(Name),
    #[error("field `{name}`: {error}")]
    Bad { name: Name, error: serde_json::Error },
}

macro_rules! names {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// The name of a field that some activity is made of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Name { $($name),+ }

        impl Name {
            const COUNT: usize = [$(Self::$name),+].len();

            fn parse(text: &[u8]) -> Option<Self> {
                $(if text == $text.as_bytes() { return Some(Self::$name) })+
                None
            }
        }

        impl fmt::Display for Name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$name => $text),+ })
            }
        }
    };
}

names! {
    EventId = "eventId",
    EventType = "eventType",
    SchemaVersion = "schemaVersion",
    UserId = "userId",
    PromptId = "promptId",
    RegisteredAt = "registeredAt",
    CreatedAt = "createdAt",
    ViewedAt = "viewedAt",
    ViewerKey = "viewerKey",
}

/// The values of an event's known fields, not parsed yet: which of them are needed depends on the topic,
/// and any other may hold anything.
pub struct Fields<'a>([Option<&'a RawValue>; Name::COUNT]);

impl Fields<'_> {
    /// Parses a field that must be there.
    pub fn required<T: DeserializeOwned>(&self, name: Name) -> Result<T, FieldError> {
        let raw = self.0[name as usize].ok_or(FieldError::Missing(name))?;
        parse(name, raw)
    }

    /// Parses a field that may be absent or null.
    pub fn optional<T: DeserializeOwned>(&self, name: Name) -> Result<Option<T>, FieldError> {
        self.0[name as usize].map_or(Ok(None), |raw| parse(name, raw))
    }
}

fn parse<T: DeserializeOwned>(name: Name, raw: &RawValue) -> Result<T, FieldError> {
    serde_json::from_str(raw.get()).map_err(|error| FieldError::Bad { name, error })
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor)
    }
}

struct FieldsVisitor;

impl<'de> Visitor<'de> for FieldsVisitor {
    type Value = Fields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields<'de>, A::Error> {
        let mut values = [None; Name::COUNT];
        while let Some(MaybeName(name)) = map.next_key()? {
            let Some(name) = name else {
                map.next_value::<IgnoredAny>()?;
                continue;
            };
            // Which of the two counts would depend on who reads it.
            if values[name as usize].replace(map.next_value()?).is_some() {
                return Err(A::Error::custom(format!("field `{name}` is there twice")));
            }
        }
        Ok(Fields(values))
    }
}

/// A field's name, if it is one of ours.
struct MaybeName(Option<Name>);

impl<'de> Deserialize<'de> for MaybeName {
    /// Reads bytes: half a surrogate pair has no form as a string, and is refused in one.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_bytes(NameVisitor)
    }
}

struct NameVisitor;

impl Visitor<'_> for NameVisitor {
    type Value = MaybeName;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a field's name")
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<MaybeName, E> {
        Ok(MaybeName(Name::parse(name)))
    }
}
