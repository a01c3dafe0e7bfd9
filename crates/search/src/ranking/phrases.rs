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

/// The postings of a phrase's words, the rarest first, each with its place in the phrase; `None` when
/// the segment lacks a word.
struct Phrase {
    words: Option<Vec<(u32, SegmentPostings)>>,
    starts: Vec<u32>,
    positions: Vec<u32>,
}

impl Phrases {
    pub fn open(segment: &Segment, group: &Group) -> Result<Self, SearchError> {
        let open = |phrases: &[Vec<String>]| -> Result<Vec<Phrase>, SearchError> {
            phrases.iter().map(|words| Phrase::open(segment, words)).collect()
        };
        Ok(Self { phrases: open(&group.phrases)?, excluded: open(&group.excluded_phrases)? })
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
        let mut postings = Some(Vec::new());
        for (place, word) in (0..).zip(words) {
            let index = &segment.phrases;
            let info = index.terms().get(word.as_bytes()).map_err(broken)?;
            let read = info.map(|info| {
                index.read_postings_from_terminfo(&info, IndexRecordOption::WithFreqsAndPositions)
            });
            match (read.transpose().map_err(broken)?, &mut postings) {
                (Some(read), Some(postings)) => postings.push((place, read)),
                _ => postings = None,
            }
        }
        if let Some(postings) = &mut postings {
            postings.sort_by_key(|(_, word)| word.doc_freq());
        }
        Ok(Self { words: postings, starts: Vec::new(), positions: Vec::new() })
    }

    fn is_in(&mut self, doc: DocId) -> bool {
        let Some(words) = &mut self.words else { return false };
        for (_, word) in words.iter_mut() {
            if word.doc() < doc {
                word.seek(doc);
            }
            if word.doc() != doc {
                return false;
            }
        }
        self.starts.clear();
        for (at, (place, word)) in words.iter_mut().enumerate() {
            word.positions(&mut self.positions);
            if at == 0 {
                let starts = self.positions.iter().filter_map(|at| at.checked_sub(*place));
                self.starts.extend(starts);
            } else {
                self.starts.retain(|start| self.positions.binary_search(&(start + *place)).is_ok());
            }
            if self.starts.is_empty() {
                return false;
            }
        }
        true
    }
}
