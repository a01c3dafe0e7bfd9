use serde::{Deserialize, Deserializer};

/// Reads a number that may be absent; a zero loses its sign.
///
/// # Errors
/// When the value is not a number.
pub fn positive_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    // The sum of the two zeros is the positive one.
    Ok(Option::<f64>::deserialize(deserializer)?.map(|number| number + 0.0))
}
