//! The index, as it is changed.

use std::{
    fmt,
    sync::{Arc, PoisonError},
};

use tantivy::{
    IndexReader, IndexWriter, TantivyDocument, Term,
    indexer::{IndexWriterOptions, LogMergePolicy},
};

use crate::{
    Change, WriteError, encode,
    error::{guard, unwritten},
    open::Opened,
    position,
    schema::Fields,
    snapshot::{SharedSnapshot, Snapshot},
};

/// How much memory the changes before a segment is written take at most.
const MEMORY_BYTES: usize = 20_000_000;
/// How many segments of about one size are merged into one.
const MERGED_SEGMENTS: usize = 5;
/// Segments below this many documents count as of one size.
const SMALL_SEGMENT_DOCUMENTS: u32 = 5_000;
/// The share of deleted documents from which a segment is written again without them.
const DELETED_SHARE: f32 = 0.25;

/// Changes an index. There is one for each index.
pub struct Writer {
    fields: Arc<Fields>,
    writer: IndexWriter<TantivyDocument>,
    reader: IndexReader,
    snapshot: SharedSnapshot,
    position: Option<String>,
}

impl Writer {
    pub(crate) fn new(
        fields: Arc<Fields>,
        opened: Opened,
        snapshot: SharedSnapshot,
    ) -> Result<Self, WriteError> {
        let options = IndexWriterOptions::builder()
            .memory_budget_per_thread(MEMORY_BYTES)
            .num_worker_threads(1)
            .num_merge_threads(1)
            .build();
        let writer: IndexWriter = opened.index.writer_with_options(options).map_err(unwritten)?;
        set_merge_policy(&writer);
        Ok(Self { fields, writer, reader: opened.reader, snapshot, position: opened.position })
    }

    /// Adds changes to the next commit.
    pub fn apply(&mut self, changes: impl IntoIterator<Item = Change>) -> Result<(), WriteError> {
        for change in changes {
            let id = match &change {
                Change::Put(document) => document.id,
                Change::Remove(id) => *id,
            };
            self.writer.delete_term(Term::from_field_bytes(self.fields.id, id.as_bytes()));
            if let Change::Put(document) = change {
                let document = encode::encode(&self.fields, &document);
                self.writer.add_document(document).map_err(unwritten)?;
            }
        }
        Ok(())
    }

    /// Makes the changes searchable and durable, together with the position up to which the index
    /// follows its source.
    pub fn commit(&mut self, position: &str) -> Result<(), WriteError> {
        let mut commit = self.writer.prepare_commit().map_err(unwritten)?;
        commit.set_payload(&position::encode(position));
        commit.commit().map_err(unwritten)?;
        self.position = Some(position.to_owned());
        self.reload()
    }

    /// Returns the position of the last commit; `None` when there was none.
    pub fn position(&self) -> Option<String> {
        self.position.clone()
    }

    /// Removes all documents, with the next commit; those that are not committed, too.
    pub fn clear(&mut self) -> Result<(), WriteError> {
        // Documents that its worker still has would come after.
        self.writer.rollback().map_err(unwritten)?;
        set_merge_policy(&self.writer);
        self.writer.delete_all_documents().map(drop).map_err(unwritten)
    }

    /// Starts to write segments that have deleted documents again, without them, and does not wait for it:
    /// their words are on disk until then and the commit after it. A merge that fails leaves a segment as it
    /// was.
    pub fn force_merge_deletes(&mut self) {
        for segment in self.reader.searcher().segment_readers() {
            if segment.has_deletes() {
                drop(self.writer.merge(&[segment.segment_id()]));
            }
        }
    }

    /// Lets searches see the last commit.
    fn reload(&mut self) -> Result<(), WriteError> {
        self.reader.reload().map_err(unwritten)?;
        let before = Arc::clone(&self.snapshot.read().unwrap_or_else(PoisonError::into_inner));
        let snapshot = guard(|| Snapshot::new(&self.reader.searcher(), &self.fields, &before));
        let snapshot = Arc::new(snapshot.map_err(unwritten)?);
        *self.snapshot.write().unwrap_or_else(PoisonError::into_inner) = snapshot;
        Ok(())
    }
}

/// Sets how segments are merged, which a rollback forgets.
fn set_merge_policy(writer: &IndexWriter) {
    let mut merges = LogMergePolicy::default();
    merges.set_min_num_segments(MERGED_SEGMENTS);
    merges.set_min_layer_size(SMALL_SEGMENT_DOCUMENTS);
    merges.set_del_docs_ratio_before_merge(DELETED_SHARE);
    writer.set_merge_policy(Box::new(merges));
}

impl fmt::Debug for Writer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Writer").field("position", &self.position).finish_non_exhaustive()
    }
}
