//! What units stand for in an index: words that are unfinished are completed, unknown ones corrected.

use std::collections::BTreeMap;

use tantivy::{TERMINATED, postings::BlockSegmentPostings, schema::IndexRecordOption};

use crate::{
    SearchError, encode,
    error::broken,
    snapshot::{Index, Segment, Snapshot},
    terms,
};

use super::{
    correct,
    units::{Lookup, Unit},
};

/// A word that fewer documents have is taken for a misspelling, too.
const KNOWN_DOCUMENTS: usize = 5;
/// How many completions of a word are looked up.
const MAX_COMPLETIONS: usize = 50;
/// How many words of a dictionary are looked at for completions.
const MAX_LISTED: usize = 3_000;
/// The shortest word that is completed in all texts; shorter ones are in titles and tags.
const MIN_COMPLETED_CHARS: usize = 3;
/// The most keys that a filter's value is written as.
const MAX_KEYS: usize = 100;

const COMPLETED: u32 = 60;

/// A unit with all terms that are looked up for it.
#[derive(Debug)]
pub struct Resolved {
    pub lookups: Vec<Lookup>,
    pub is_required: bool,
    pub weight: u32,
    /// What marked words may begin with.
    pub prefix: Option<String>,
}

impl Resolved {
    /// Takes a unit's own terms only.
    pub fn exactly(unit: Unit) -> Self {
        Self {
            lookups: unit.lookups,
            is_required: unit.is_required,
            weight: unit.weight,
            prefix: None,
        }
    }
}

/// Looks a unit up.
pub fn resolve(snapshot: &Snapshot, unit: Unit) -> Result<Resolved, SearchError> {
    let mut lookups = unit.lookups;
    let mut prefix = None;
    if !unit.fallback.is_empty() && count(snapshot, &lookups)? == 0 {
        lookups.extend(unit.fallback);
    }
    let Some(word) = unit.word.filter(|_| unit.is_required) else {
        return Ok(Resolved {
            lookups,
            is_required: unit.is_required,
            weight: unit.weight,
            prefix,
        });
    };
    let known = count(snapshot, &lookups)?;
    let mut completed = false;
    if unit.is_unfinished && word.chars().count() >= *encode::PREFIX_CHARS.start() {
        let found = complete(snapshot, &word)?;
        completed = count(snapshot, &found)? > 0;
        lookups.extend(found);
        prefix = Some(word.clone());
    }
    if known < KNOWN_DOCUMENTS {
        lookups.extend(correct::correct(
            snapshot,
            &word,
            unit.is_unfinished && known == 0 && !completed,
        )?);
    }
    Ok(Resolved { lookups, is_required: unit.is_required, weight: unit.weight, prefix })
}

/// Returns the terms of words that begin with a word.
fn complete(snapshot: &Snapshot, word: &str) -> Result<Vec<Lookup>, SearchError> {
    let mut found = Vec::new();
    let chars = word.chars().count();
    if encode::PREFIX_CHARS.contains(&chars) {
        found.push(Lookup::form(terms::prefix(word), COMPLETED));
    }
    if chars < MIN_COMPLETED_CHARS {
        return Ok(found);
    }
    let mut words: Vec<(String, u32)> = list(snapshot, Index::Words, word, MAX_LISTED)?
        .into_iter()
        .filter(|(known, _)| known != word)
        .collect();
    // Where not all fit, the commonest: by orders of magnitude, which deleted documents seldom change.
    words.sort_by(|a, b| b.1.ilog2().cmp(&a.1.ilog2()).then_with(|| a.0.cmp(&b.0)));
    words.truncate(MAX_COMPLETIONS);
    found.extend(words.iter().map(|(word, _)| Lookup::word(word, COMPLETED)));
    Ok(found)
}

/// Returns the lookups of all keys that begin with a kind and a value.
pub fn keys(snapshot: &Snapshot, begin: &str) -> Result<Vec<Lookup>, SearchError> {
    let keys = list(snapshot, Index::Keys, begin, MAX_KEYS)?.into_keys();
    Ok(keys.map(|term| Lookup { index: Index::Keys, term, form: 100 }).collect())
}

/// Returns terms that begin with a text, and how many documents have them, deleted ones included.
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
    Ok(terms)
}

/// Counts documents that have one of the terms, up to as many as make a word known.
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
