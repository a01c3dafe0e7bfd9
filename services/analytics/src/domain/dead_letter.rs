//! Dead letters: messages that can never be applied, byte for byte.

use base64::{Engine, engine::general_purpose::STANDARD};
use ids::DeadLetterId;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};
use sqlx::types::Json;
use timestamp::Timestamp;

/// A message that was put aside. A key or payload that is absent was null, which is not empty.
#[derive(Debug)]
pub struct DeadLetter {
    pub id: DeadLetterId,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub headers: Vec<Header>,
    pub payload: Option<Vec<u8>>,
    pub reason: String,
}

/// A header of a message. Names may repeat.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    pub name: String,
    pub value: Option<Bytes>,
}

/// Bytes that are base64 in JSON.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bytes(pub Vec<u8>);

impl Serialize for Bytes {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&STANDARD.encode(&self.0))
    }
}

impl<'de> Deserialize<'de> for Bytes {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        STANDARD.decode(text).map(Self).map_err(D::Error::custom)
    }
}

/// A dead letter as lists show it.
#[derive(Debug)]
pub struct DeadLetterSummary {
    pub id: DeadLetterId,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub reason: String,
    pub received_at: Timestamp,
    /// The time at which its event was counted after all.
    pub replayed_at: Option<Timestamp>,
    /// The bytes of its payload.
    pub size: i64,
}

/// A dead letter as it is kept.
#[derive(Debug)]
pub struct StoredLetter {
    pub id: DeadLetterId,
    pub topic: String,
    pub partition: i32,
    pub offset: i64,
    pub key: Option<Vec<u8>>,
    pub headers: Json<Vec<Header>>,
    pub payload: Option<Vec<u8>>,
    /// The bytes of its payload.
    pub size: i64,
    pub reason: String,
    pub received_at: Timestamp,
    pub replayed_at: Option<Timestamp>,
}

/// Which dead letters a list shows; all that is not given does not matter.
#[derive(Debug, Default)]
pub struct DeadLetterFilter {
    pub topic: Option<String>,
    pub replayed: Option<bool>,
}

/// The outcome of another attempt to read and apply a dead letter.
#[derive(Debug)]
pub enum Replay {
    Applied,
    /// Its event had been counted before.
    Repeated,
    /// Its event is older than what is kept, so that nobody can tell whether it was counted.
    Expired,
    Refused {
        reason: String,
    },
}
