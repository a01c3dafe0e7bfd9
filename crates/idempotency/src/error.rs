use http::{HeaderValue, header};
use http_kit::ApiError;

use crate::key::IDEMPOTENCY_KEY;

/// Why a request under a key was not carried out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the key was used with another request")]
    Reused,
    #[error("the first request under the key is still running")]
    InUse,
    #[error("the answer cannot be written as JSON")]
    Unwritable(#[source] serde_json::Error),
    #[error(transparent)]
    Database(#[from] sqlx::Error),
}

impl From<Error> for ApiError {
    fn from(error: Error) -> Self {
        match error {
            Error::Reused => ApiError::unprocessable(
                "IDEMPOTENCY_KEY_REUSED",
                "This Idempotency-Key was used with another request.",
            )
            .with_field(IDEMPOTENCY_KEY, "was used with another body"),
            Error::InUse => ApiError::conflict(
                "IDEMPOTENCY_KEY_IN_USE",
                "The first request with this Idempotency-Key is still running. Please ask again.",
            )
            .with_header(header::RETRY_AFTER, HeaderValue::from_static("1")),
            Error::Unwritable(error) => ApiError::internal(error),
            Error::Database(error) => pg::api_error(error),
        }
    }
}
