//! Exact decimals as JSON numbers, digit for digit: `9.90` is written as `9.90` and read back
//! without ever becoming a binary float. Use as `#[serde(with = "http_kit::decimal")]`.

use rust_decimal::Decimal;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de, ser};
use serde_json::value::RawValue;

/// Writes the decimal with its own scale.
///
/// # Errors
/// Only what the serializer itself reports.
pub fn serialize<S: Serializer>(value: &Decimal, serializer: S) -> Result<S::Ok, S::Error> {
    RawValue::from_string(value.to_string()).map_err(ser::Error::custom)?.serialize(serializer)
}

/// Reads a JSON number, exactly as written.
///
/// # Errors
/// When the value is not a JSON number, or has more digits than a decimal holds (28).
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Decimal, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    parse(raw.get())
        .ok_or_else(|| de::Error::custom(format!("expected a decimal number, got {raw}")))
}

fn parse(text: &str) -> Option<Decimal> {
    // Exact: a number with more digits than a decimal holds is refused, not rounded.
    Decimal::from_str_exact(text).ok().or_else(|| Decimal::from_scientific(text).ok())
}

/// Optional decimals: absent and `null` are both `None`.
pub mod option {
    use super::*;

    /// Writes the decimal with its own scale, or `null`.
    ///
    /// # Errors
    /// Only what the serializer itself reports.
    pub fn serialize<S: Serializer>(
        value: &Option<Decimal>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match value {
            Some(value) => super::serialize(value, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a JSON number, exactly as written, or `null`.
    ///
    /// # Errors
    /// As [`super::deserialize`].
    pub fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Decimal>, D::Error> {
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match raw.get() {
            "null" => Ok(None),
            text => parse(text)
                .map(Some)
                .ok_or_else(|| de::Error::custom(format!("expected a decimal number, got {text}"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize, Deserialize)]
    struct Price {
        #[serde(with = "super")]
        price: Decimal,
        #[serde(with = "super::option", default)]
        other: Option<Decimal>,
    }

    #[test]
    fn digits_survive_both_ways() {
        let json = r#"{"price":9.90,"other":12345678901234567890.12}"#;
        let read: Price = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&read).unwrap(), json);
    }

    #[test]
    fn a_string_is_refused() {
        assert!(serde_json::from_str::<Price>(r#"{"price":"9.90"}"#).is_err());
        assert!(
            serde_json::from_str::<Price>(r#"{"price":1,"other":null}"#).unwrap().other.is_none()
        );
    }
}
