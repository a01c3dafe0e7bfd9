use std::time::Duration;

use http_kit::ApiError;

use crate::key::IDEMPOTENCY_KEY;

http_kit::errors! {
    /// Why a request under a key was not carried out.
    pub enum Error {
        Reused = 422 IDEMPOTENCY_KEY_REUSED "This Idempotency-Key was used with another request."
            .with_field(IDEMPOTENCY_KEY, "was used with another body");
        InUse = 409 IDEMPOTENCY_KEY_IN_USE
            "The first request with this Idempotency-Key is still running. Please ask again."
            .with_retry_after(Duration::from_secs(1));
    } or {
        /// The answer cannot be written as JSON.
        Unwritable(serde_json::Error) => ApiError::internal;
        Database(#[from] sqlx::Error) => pg::api_error;
    }
}

/// The codes of a handler that takes an `Idempotency-Key`.
pub type KeyProblems = (codes::Reused, codes::InUse);
