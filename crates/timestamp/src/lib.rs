//! [`Timestamp`]: a point in time, as RFC 3339 in UTC with milliseconds, in JSON and in text.
//!
//! Why milliseconds: docs/decisions/0004-timestamps-in-milliseconds.md.

use std::{fmt, time::SystemTime};

use chrono::{DateTime, Datelike, SecondsFormat, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use utoipa::ToSchema;

/// A `timestamptz`; as JSON it is RFC 3339 in UTC with milliseconds: `2026-01-31T09:30:00.000Z`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, ToSchema)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
#[schema(value_type = DateTime<Utc>)]
pub struct Timestamp(pub DateTime<Utc>);

impl Timestamp {
    /// Returns the present time, cut to the milliseconds that JSON shows, so that a column of type
    /// `timestamptz(3)`, an answer and a cursor all hold the same time.
    pub fn now() -> Self {
        Self::from_millis(Utc::now().timestamp_millis())
    }

    /// Makes a timestamp of milliseconds since 1970; a time beyond the year 262,000 becomes 1970.
    pub fn from_millis(millis: i64) -> Self {
        Self(DateTime::from_timestamp_millis(millis).unwrap_or_default())
    }
}

impl From<SystemTime> for Timestamp {
    fn from(time: SystemTime) -> Self {
        Self(time.into())
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
    /// Accepts the years 1 to 9999, as RFC 3339 does: others are no time of ours, and Postgres refuses
    /// some of them.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let time = DateTime::<Utc>::deserialize(deserializer)?;
        match time.year() {
            1..=9999 => Ok(Self(time)),
            year => Err(de::Error::custom(format!("the year {year} is out of range"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timestamp_is_written_with_milliseconds_and_read_from_any_offset() {
        let read: Timestamp = serde_json::from_str(r#""2026-01-31T10:30:00.0009+01:00""#).unwrap();
        assert_eq!(read.to_string(), "2026-01-31T09:30:00.000Z");
        assert_eq!(serde_json::to_string(&read).unwrap(), r#""2026-01-31T09:30:00.000Z""#);
    }

    #[test]
    fn a_year_that_rfc_3339_does_not_have_is_refused() {
        for text in ["+10000-01-01T00:00:00Z", "0000-01-01T00:00:00Z", "yesterday"] {
            assert!(serde_json::from_str::<Timestamp>(&format!("\"{text}\"")).is_err(), "{text}");
        }
    }
}
