//! The index, as it is read.

use std::{
    fmt,
    path::Path,
    sync::{Arc, PoisonError, RwLock},
};

use uuid::Uuid;

use crate::{
    Document, Found, OpenError, Request, SearchError, Suggestion, Writer,
    error::guard,
    open::{self, Opened},
    query, related,
    schema::Fields,
    snapshot::{SharedSnapshot, Snapshot},
    suggest,
};

/// Reads an index. Clones share it.
#[derive(Clone)]
pub struct Index {
    fields: Arc<Fields>,
    snapshot: SharedSnapshot,
}

impl Index {
    /// Opens the index in a directory, or creates it. An index that is broken (every file's checksum
    /// is verified), or of another format, is deleted and replaced by an empty one;
    /// [`Writer::position`] is then `None`. A second writer of the same directory is an error.
    pub fn open(directory: &Path) -> Result<(Self, Writer), OpenError> {
        let fields = Arc::new(Fields::new());
        let opened = open::open(directory, &fields)?;
        Self::new(fields, opened, &directory.display().to_string())
    }

    /// Creates an index that is gone with its last handle.
    pub fn in_memory() -> Result<(Self, Writer), OpenError> {
        let fields = Arc::new(Fields::new());
        let opened = open::in_memory(&fields)?;
        Self::new(fields, opened, "memory")
    }

    fn new(
        fields: Arc<Fields>,
        mut opened: Opened,
        name: &str,
    ) -> Result<(Self, Writer), OpenError> {
        let snapshot = Arc::new(RwLock::new(Arc::new(std::mem::take(&mut opened.snapshot))));
        let writer = Writer::new(Arc::clone(&fields), opened, Arc::clone(&snapshot))
            .map_err(|error| OpenError { directory: name.to_owned(), reason: error.to_string() })?;
        Ok((Self { fields, snapshot }, writer))
    }

    /// Counts the documents.
    pub fn len(&self) -> usize {
        self.snapshot().len()
    }

    /// Returns whether there are no documents.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns a page of the documents that a keyword finds, best first.
    pub fn search(&self, request: &Request) -> Result<Found, SearchError> {
        let snapshot = self.snapshot();
        guard(|| query::search(&snapshot, request))
    }

    /// Returns what may be meant by an unfinished keyword, the likeliest first.
    pub fn suggest(&self, typed: &str, limit: usize) -> Result<Vec<Suggestion>, SearchError> {
        let snapshot = self.snapshot();
        guard(|| suggest::suggest(&snapshot, &self.fields, typed, limit))
    }

    /// Returns the ids of documents that are like this one, the likest first and never itself. The
    /// document need not be in the index.
    pub fn related(&self, document: &Document, limit: usize) -> Result<Vec<Uuid>, SearchError> {
        let snapshot = self.snapshot();
        guard(|| related::related(&snapshot, document, limit))
    }

    pub(crate) fn snapshot(&self) -> Arc<Snapshot> {
        Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for Index {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Index").field("documents", &self.len()).finish()
    }
}
