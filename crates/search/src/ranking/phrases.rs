//! Whether words are side by side.

use tantivy::{
    DocId, DocSet,
    postings::{Postings, SegmentPostings},
    schema::IndexRecordOption,
};

use crate::{SearchError, error::broken, lookups::Group, snapshot::Segment};

/// The phrases that documents must have, and must not have.
pub struct Phrases {
    phrases: Vec<Phrase>,
    excluded: Vec<Phrase>,
}

/// The distinct words of a phrase, the rarest first; `None` when the segment lacks a word.
struct Phrase {
    words: Option<Vec<Word>>,
    starts: Vec<u32>,
    positions: Vec<u32>,
}

/// A word of a phrase.
struct Word {
    postings: SegmentPostings,
    /// How many words of the phrase are before it, each time that the phrase has it.
    offsets: Vec<u32>,
}

impl Phrases {
    pub fn open(segment: &Segment, group: &Group) -> Result<Self, SearchError> {
        let open = |phrases: &[Vec<String>]| -> Result<Vec<Phrase>, SearchError> {
            phrases.iter().map(|words| Phrase::open(segment, words)).collect()
        };
        Ok(Self { phrases: open(&group.phrases)?, excluded: open(&group.excluded_phrases)? })
    }

    /// Returns whether there are no phrases to look for.
    pub fn are_none(&self) -> bool {
        self.phrases.is_empty() && self.excluded.is_empty()
    }

    /// Returns whether a document has all phrases it must have, and no other. Documents are asked for
    /// in their order.
    pub fn allow(&mut self, doc: DocId) -> bool {
        self.phrases.iter_mut().all(|phrase| phrase.is_in(doc))
            && !self.excluded.iter_mut().any(|phrase| phrase.is_in(doc))
    }
}

impl Phrase {
    fn open(segment: &Segment, words: &[String]) -> Result<Self, SearchError> {
        let mut distinct: Vec<(&String, Vec<u32>)> = Vec::new();
        for (offset, word) in (0..).zip(words) {
            match distinct.iter_mut().find(|(known, _)| *known == word) {
                Some((_, offsets)) => offsets.push(offset),
                None => distinct.push((word, vec![offset])),
            }
        }
        let words = distinct.into_iter().map(|(word, offsets)| Word::open(segment, word, offsets));
        let mut words = words.collect::<Result<Option<Vec<_>>, _>>()?;
        if let Some(words) = &mut words {
            words.sort_by_key(|word| word.postings.doc_freq());
        }
        Ok(Self { words, starts: Vec::new(), positions: Vec::new() })
    }

    fn is_in(&mut self, doc: DocId) -> bool {
        let Some(words) = &mut self.words else { return false };
        for word in words.iter_mut() {
            if word.postings.doc() < doc {
                word.postings.seek(doc);
            }
            if word.postings.doc() != doc {
                return false;
            }
        }
        self.starts.clear();
        for (at, word) in words.iter_mut().enumerate() {
            word.postings.positions(&mut self.positions);
            if at == 0 {
                let first = word.offsets.first().copied().unwrap_or_default();
                let starts = self.positions.iter().filter_map(|at| at.checked_sub(first));
                self.starts.extend(starts);
            }
            for offset in &word.offsets {
                self.starts.retain(|start| self.positions.binary_search(&(start + offset)).is_ok());
            }
            if self.starts.is_empty() {
                return false;
            }
        }
        true
    }
}

impl Word {
    /// Opens the postings; `None` when the segment lacks the word.
    fn open(segment: &Segment, word: &str, offsets: Vec<u32>) -> Result<Option<Self>, SearchError> {
        let index = &segment.phrases;
        let Some(info) = index.terms().get(word.as_bytes()).map_err(broken)? else {
            return Ok(None);
        };
        let option = IndexRecordOption::WithFreqsAndPositions;
        let postings = index.read_postings_from_terminfo(&info, option).map_err(broken)?;
        Ok(Some(Self { postings, offsets }))
    }
}
