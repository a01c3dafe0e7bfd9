//! What is looked up in an index.

use std::collections::BTreeMap;

use tantivy::{TERMINATED, postings::BlockSegmentPostings, schema::IndexRecordOption};

use crate::{
    SearchError,
    error::broken,
    snapshot::{Index, Segment, Snapshot},
};

/// How many documents make a word known; fewer are taken for misspellings, too.
pub const KNOWN_DOCUMENTS: usize = 5;
/// The most keys that a filter's value is written as.
const MAX_KEYS: usize = 100;

/// A term to look up, and how well it answers, in percent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lookup {
    pub index: Index,
    pub term: String,
    pub form: u32,
}

/// What a document has or lacks, as all terms that are looked up for it.
#[derive(Debug, PartialEq, Eq)]
pub struct Unit {
    pub lookups: Vec<Lookup>,
    pub is_required: bool,
    /// Whether no document may lack it, because a phrase has it.
    pub is_in_phrase: bool,
    pub weight: u32,
    /// What marked words may begin with.
    pub prefix: Option<String>,
}

/// What one alternative of a keyword asks for.
#[derive(Debug, PartialEq, Eq)]
pub struct Group<U = Unit> {
    pub units: Vec<U>,
    /// What a document must not have.
    pub excluded: Vec<U>,
    /// Words that must be side by side.
    pub phrases: Vec<Vec<String>>,
    pub excluded_phrases: Vec<Vec<String>>,
    /// The title that is the very keyword.
    pub title: Option<U>,
}

impl Group {
    /// Counts the units that a document has to have.
    pub fn required(&self) -> usize {
        self.units.iter().filter(|unit| unit.is_required).count()
    }

    /// Counts those of them that a document may lack where not all are asked for.
    pub fn dispensable(&self) -> usize {
        self.units.iter().filter(|unit| unit.is_required && !unit.is_in_phrase).count()
    }
}

impl Lookup {
    pub fn word(term: &str, form: u32) -> Self {
        Self { index: Index::Words, term: term.to_owned(), form }
    }

    pub fn form(term: String, form: u32) -> Self {
        Self { index: Index::Forms, term, form }
    }
}

/// Returns the lookups of all keys that begin with a kind and a value.
pub fn keys(snapshot: &Snapshot, begin: &str) -> Result<Vec<Lookup>, SearchError> {
    let keys = list(snapshot, Index::Keys, begin, MAX_KEYS)?.into_keys();
    Ok(keys.map(|term| Lookup { index: Index::Keys, term, form: 100 }).collect())
}

/// Returns the first terms that begin with a text, and how many documents have them, deleted ones included.
pub fn list(
    snapshot: &Snapshot,
    index: Index,
    begin: &str,
    most: usize,
) -> Result<BTreeMap<String, u32>, SearchError> {
    let mut terms = BTreeMap::new();
    for segment in &snapshot.segments {
        let end = format!("{begin}{}", char::MAX);
        let range = segment.index(index).terms().range().ge(begin.as_bytes()).lt(end.as_bytes());
        let mut stream = range.into_stream().map_err(broken)?;
        let mut listed = 0;
        while listed < most && stream.advance() {
            listed += 1;
            if let Ok(term) = std::str::from_utf8(stream.key()) {
                let documents = stream.value().doc_freq.max(1);
                *terms.entry(term.to_owned()).or_insert(0) += documents;
            }
        }
    }
    // Only so many, for the same ones however documents are divided among segments.
    if let Some((beyond, _)) = terms.iter().nth(most) {
        let beyond = beyond.clone();
        terms.split_off(&beyond);
    }
    Ok(terms)
}

/// Counts documents that have one of the terms, up to [`KNOWN_DOCUMENTS`].
pub fn count(snapshot: &Snapshot, lookups: &[Lookup]) -> Result<usize, SearchError> {
    let mut count = 0;
    for segment in &snapshot.segments {
        for lookup in lookups {
            if let Some(postings) = postings(segment, lookup, IndexRecordOption::Basic)? {
                count += alive(segment, postings, KNOWN_DOCUMENTS - count);
            }
            if count >= KNOWN_DOCUMENTS {
                return Ok(count);
            }
        }
    }
    Ok(count)
}

fn alive(segment: &Segment, mut postings: BlockSegmentPostings, most: usize) -> usize {
    let mut count = 0;
    while count < most {
        let docs = postings.docs();
        let last = docs.last().copied();
        let left = most - count;
        count += docs
            .iter()
            .filter(|doc| **doc != TERMINATED && segment.is_alive(**doc))
            .take(left)
            .count();
        if last.is_none_or(|doc| doc == TERMINATED) {
            break;
        }
        postings.advance();
    }
    count
}

/// Returns the postings of a term in a segment.
pub fn postings(
    segment: &Segment,
    lookup: &Lookup,
    option: IndexRecordOption,
) -> Result<Option<BlockSegmentPostings>, SearchError> {
    let index = segment.index(lookup.index);
    let Some(info) = index.terms().get(lookup.term.as_bytes()).map_err(broken)? else {
        return Ok(None);
    };
    index.read_block_postings_from_terminfo(&info, option).map(Some).map_err(broken)
}
