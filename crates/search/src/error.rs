//! Errors of the engine.

/// The index could not be opened, nor begun empty.
#[derive(Debug, thiserror::Error)]
#[error("the search index in {directory} cannot be opened: {reason}")]
pub struct OpenError {
    pub directory: String,
    pub reason: String,
}

/// A search failed.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// The index cannot be read any more: open it again, and fill it if it was begun empty.
    #[error("the search index is broken: {0}")]
    Broken(String),
}

/// A change or commit failed, such as for want of disk space. What was not committed is lost: open
/// the index again and go on from [`Writer::position`](crate::Writer::position).
#[derive(Debug, thiserror::Error)]
#[error("the search index cannot be written: {0}")]
pub struct WriteError(pub String);
