use std::sync::Arc;

use http_kit::{
    ApiError,
    blocking::{BlockingError, too_busy},
    page::CursorError,
};

/// The reason why an answer could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    #[error(transparent)]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Cursor(#[from] CursorError),
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error(transparent)]
    Blocking(#[from] BlockingError),
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
            ReadError::Blocking(BlockingError::Busy) => too_busy(),
            ReadError::Database(cause) if pg::is_outage(cause) => {
                Self::unavailable("database", error)
            }
            _ => Self::internal(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_caller_that_waited_for_a_read_that_was_too_much_is_told_so() {
        let error = SharedReadError(Arc::new(BlockingError::Busy.into()));
        for waiter in [error.clone(), error] {
            let answer = ApiError::from(waiter);
            assert_eq!((answer.status().as_u16(), answer.code()), (503, too_busy().code()));
        }
    }
}
