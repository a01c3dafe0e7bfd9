//! Errors of the engine.

use std::{
    fmt::Display,
    panic::{AssertUnwindSafe, catch_unwind},
};

/// The index could not be opened, nor replaced by an empty one: another process has it open, or the directory
/// cannot be written.
#[derive(Debug, thiserror::Error)]
#[error("the search index in {directory} cannot be opened: {reason}")]
pub struct OpenError {
    pub directory: String,
    pub reason: String,
}

/// A search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index cannot be read any more: open it again, and fill it if it is then empty.
    #[error("the search index is broken: {0}")]
    Broken(String),
}

/// A change or a commit failed, such as for want of disk space. What was not committed is lost: drop
/// the index and its writer, open it again, and go on from
/// [`Writer::position`](crate::Writer::position).
#[derive(Debug, thiserror::Error)]
#[error("the search index cannot be written: {0}")]
pub struct WriteError(pub String);

/// Makes the error of a read that failed.
pub fn broken(error: impl Display) -> SearchError {
    SearchError::Broken(error.to_string())
}

/// Makes the error of a write that failed.
pub fn unwritten(error: impl Display) -> WriteError {
    WriteError(error.to_string())
}

/// Runs a read of the index. Its files are not verified again once they are open, and where bytes of them
/// change the decoders of the engine panic: this is caught, and is an error as any other that a broken
/// file causes.
pub fn guard<T>(read: impl FnOnce() -> Result<T, SearchError>) -> Result<T, SearchError> {
    catch_unwind(AssertUnwindSafe(read))
        .unwrap_or_else(|_| Err(SearchError::Broken("a file could not be decoded".into())))
}
