use std::fmt;

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// A `timestamptz`; as JSON it is RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, sqlx::Type, ToSchema)]
#[sqlx(transparent)]
#[schema(value_type = DateTime<Utc>)]
pub struct Timestamp(pub DateTime<Utc>);

impl Timestamp {
    /// Cut to the milliseconds that JSON shows, so that what a column of type `timestamptz(3)`
    /// holds, what an answer says and what a cursor compares are one and the same.
    pub fn now() -> Self {
        Self::from_millis(Utc::now().timestamp_millis())
    }

    /// Milliseconds since 1970; a time beyond the year 262,000 becomes 1970.
    pub fn from_millis(millis: i64) -> Self {
        Self(DateTime::from_timestamp_millis(millis).unwrap_or_default())
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.to_rfc3339_opts(SecondsFormat::Millis, true))
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    /// Years 1 to 9999, as RFC 3339 has them: others are no time of ours, and some Postgres refuses.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = DateTime::<Utc>::deserialize(deserializer)?;
        match time.year() {
            1..=9999 => Ok(Self(time)),
            year => Err(de::Error::custom(format!("the year {year} is out of range"))),
        }
    }
}
