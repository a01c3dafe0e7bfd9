//! The header `Idempotency-Key`.

use axum::extract::FromRequestParts;
use http::{HeaderMap, request::Parts};
use http_kit::{ApiError, ApiResult};
use utoipa::IntoParams;

/// The name of the header, as problems name it.
pub(crate) const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The name of one request of a caller, however often the request is sent: 1 to 255 visible ASCII
/// characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// Parses a key; `None` when `value` is none.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let valid = (1..=255).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
        valid.then(|| Self(value.iter().copied().map(char::from).collect()))
    }

    /// Returns the key of a request, if it has one.
    ///
    /// # Errors
    /// 400 when the header holds something else, or occurs twice.
    pub(crate) fn from_headers(headers: &HeaderMap) -> ApiResult<Option<Self>> {
        let mut values = headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(None) };
        match Self::parse(value.as_bytes()) {
            Some(key) if values.next().is_none() => Ok(Some(key)),
            _ => Err(ApiError::invalid_field(
                IDEMPOTENCY_KEY,
                "must be one value of 1 to 255 visible ASCII characters",
            )),
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// An extractor of the key alone, for a route that compares requests by rules of its own.
pub struct Key(pub Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        IdempotencyKey::from_headers(&parts.headers).map(Self)
    }
}

/// The description of the header, for a route's `params(...)`.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IdempotencyKeyHeader {
    /// A new value for each thing to be created, such as a UUID. The same request under the same key
    /// is answered, for a day, as it was the first time, and creates nothing more; 409 while the first
    /// is still running, 422 with another body.
    #[param(rename = "Idempotency-Key", min_length = 1, max_length = 255, pattern = "^[!-~]+$")]
    pub idempotency_key: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_visible_ascii_and_not_too_long() {
        for good in ["a", "!~", &"k".repeat(255), "0190b6e2-8d5e-7c3a-9f00-1b2c3d4e5f60"] {
            assert!(IdempotencyKey::parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", " ", "two words", "tab\t", "naïve", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
