use std::sync::Arc;

use http_kit::{ApiError, page::CursorError};

/// The reason why an answer could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("the read has panicked")]
    Panicked,
}

/// An error of a read that several callers waited for.
#[derive(Clone, Debug, thiserror::Error)]
#[error(transparent)]
pub struct SharedReadError(#[from] pub Arc<ReadError>);

impl From<ReadError> for ApiError {
    fn from(error: ReadError) -> Self {
        SharedReadError(Arc::new(error)).into()
    }
}

impl From<SharedReadError> for ApiError {
    fn from(error: SharedReadError) -> Self {
        match &*error.0 {
            ReadError::Cursor(cause) => (*cause).into(),
            ReadError::Database(cause) if pg::is_outage(cause) => {
                Self::unavailable("database", error)
            }
            _ => Self::internal(error),
        }
    }
}
