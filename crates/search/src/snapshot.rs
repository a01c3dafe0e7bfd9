//! What is searched: the segments of the last commit.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
};

use tantivy::{
    DocId, InvertedIndexReader, Searcher, SegmentReader, columnar::Column, index::SegmentId,
    store::StoreReader,
};
use uuid::Uuid;

use crate::{
    SearchError,
    error::broken,
    schema::{AVERAGE_RATING, Fields, ID_HIGH, ID_LOW, POPULARITY},
};

/// How many blocks of titles are kept in memory for each segment.
const CACHED_BLOCKS: usize = 16;

/// The snapshot of the last commit.
pub type SharedSnapshot = Arc<RwLock<Arc<Snapshot>>>;

/// The segments of a commit.
#[derive(Default)]
pub struct Snapshot {
    pub segments: Vec<Segment>,
}

/// A segment, with all that a search reads of it.
pub struct Segment {
    pub reader: SegmentReader,
    pub words: Arc<InvertedIndexReader>,
    pub forms: Arc<InvertedIndexReader>,
    pub keys: Arc<InvertedIndexReader>,
    pub phrases: Arc<InvertedIndexReader>,
    pub columns: Arc<Columns>,
    /// The titles as they are shown.
    pub titles: Arc<StoreReader>,
}

/// The numbers of a segment's documents.
pub struct Columns {
    id_high: Column<u64>,
    id_low: Column<u64>,
    average_rating: Column<f64>,
    /// The factors of ratings and likes, in steps.
    popularity: Vec<u8>,
}

/// A field whose postings are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Index {
    Words,
    Forms,
    Keys,
}

impl Snapshot {
    /// Reads the segments of a searcher, with the columns of those that the snapshot before has too.
    pub fn new(searcher: &Searcher, fields: &Fields, before: &Self) -> Result<Self, SearchError> {
        let known: HashMap<SegmentId, &Segment> =
            before.segments.iter().map(|segment| (segment.reader.segment_id(), segment)).collect();
        let segments = searcher.segment_readers().iter().map(|reader| {
            let index = |field| reader.inverted_index(field).map_err(broken);
            let (columns, titles) = match known.get(&reader.segment_id()) {
                Some(known) => (Arc::clone(&known.columns), Arc::clone(&known.titles)),
                None => {
                    let titles = reader.get_store_reader(CACHED_BLOCKS).map_err(broken)?;
                    (Arc::new(Columns::new(reader)?), Arc::new(titles))
                }
            };
            Ok(Segment {
                words: index(fields.word)?,
                forms: index(fields.form)?,
                keys: index(fields.key)?,
                phrases: index(fields.phrase)?,
                reader: reader.clone(),
                columns,
                titles,
            })
        });
        Ok(Self { segments: segments.collect::<Result<_, SearchError>>()? })
    }

    /// Counts the documents.
    pub fn len(&self) -> usize {
        self.segments.iter().map(|segment| segment.reader.num_docs() as usize).sum()
    }
}

impl Segment {
    pub fn index(&self, index: Index) -> &InvertedIndexReader {
        match index {
            Index::Words => &self.words,
            Index::Forms => &self.forms,
            Index::Keys => &self.keys,
        }
    }

    /// Returns whether a document was not deleted.
    pub fn is_alive(&self, doc: DocId) -> bool {
        self.reader.alive_bitset().is_none_or(|alive| alive.is_alive(doc))
    }
}

impl Columns {
    fn new(reader: &SegmentReader) -> Result<Self, SearchError> {
        let columns = reader.fast_fields();
        let popularity = columns.u64(POPULARITY).map_err(broken)?;
        let columns = Self {
            id_high: columns.u64(ID_HIGH).map_err(broken)?,
            id_low: columns.u64(ID_LOW).map_err(broken)?,
            average_rating: columns.f64(AVERAGE_RATING).map_err(broken)?,
            popularity: (0..reader.max_doc())
                .map(|doc| {
                    popularity.first(doc).and_then(|step| u8::try_from(step).ok()).unwrap_or(0)
                })
                .collect(),
        };
        if [columns.id_high.num_docs(), columns.id_low.num_docs()] != [reader.max_doc(); 2] {
            return Err(SearchError::Broken("a segment has another number of documents".into()));
        }
        Ok(columns)
    }

    /// Returns a document's id.
    pub fn id(&self, doc: DocId) -> Uuid {
        let [high, low] =
            [&self.id_high, &self.id_low].map(|column| column.first(doc).unwrap_or_default());
        Uuid::from_u64_pair(high, low)
    }

    pub fn average_rating(&self, doc: DocId) -> f64 {
        self.average_rating.first(doc).unwrap_or_default()
    }

    /// Returns the factor of a document's ratings and likes, in steps.
    pub fn popularity(&self, doc: DocId) -> u8 {
        self.popularity.get(doc as usize).copied().unwrap_or_default()
    }
}
