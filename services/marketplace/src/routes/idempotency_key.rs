//! The `Idempotency-Key` of a request.

use axum::extract::FromRequestParts;
use http::request::Parts;
use http_kit::ApiError;

use crate::{domain::IdempotencyKey, error::IDEMPOTENCY_KEY};

/// The key, if there is one.
pub struct Key(pub Option<IdempotencyKey>);

impl<S: Sync> FromRequestParts<S> for Key {
    type Rejection = ApiError;

    /// # Errors
    /// 400 when it is no key, or there are several.
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let mut values = parts.headers.get_all(IDEMPOTENCY_KEY).iter();
        let Some(value) = values.next() else { return Ok(Self(None)) };
        match IdempotencyKey::parse(value.as_bytes()) {
            Some(key) if values.next().is_none() => Ok(Self(Some(key))),
            _ => Err(ApiError::invalid_field(
                IDEMPOTENCY_KEY,
                "must be one value of 1 to 255 visible ASCII characters",
            )),
        }
    }
}
