//! A walk through the postings of one term.

use tantivy::{DocId, TERMINATED, postings::BlockSegmentPostings};

use crate::levels::{LEVELS, WEIGHTS};

/// A place in the postings of a term.
pub struct Cursor {
    postings: BlockSegmentPostings,
    /// The place in the block.
    at: usize,
    /// What the term adds to a score at each level.
    weights: [u16; LEVELS],
}

impl Cursor {
    /// Begins at the first document. A form and a unit's weight are in percent.
    pub fn new(postings: BlockSegmentPostings, form: u32, weight: u32) -> Self {
        let weights =
            WEIGHTS.map(|level| u16::try_from(level * form * weight / 1_000).unwrap_or(u16::MAX));
        Self { postings, at: 0, weights }
    }

    /// Returns how many documents have the term, deleted ones included.
    pub fn documents(&self) -> u64 {
        u64::from(self.postings.doc_freq())
    }

    /// Returns the document of the place, or [`TERMINATED`].
    #[inline]
    pub fn doc(&self) -> DocId {
        self.postings.docs().get(self.at).copied().unwrap_or(TERMINATED)
    }

    /// Goes on to a document, or the first one after it.
    #[inline]
    pub fn seek(&mut self, doc: DocId) {
        if self.doc() < doc {
            self.at = self.postings.seek(doc);
        }
    }

    /// Calls a function with each document before `end`, and what the term adds to its score.
    #[inline]
    pub fn drain(&mut self, end: DocId, mut each: impl FnMut(DocId, u16)) {
        loop {
            let docs = self.postings.docs();
            let Some(rest) = docs.get(self.at..) else { return };
            let taken = rest.partition_point(|doc| *doc < end);
            match self.postings.freqs().get(self.at..self.at + taken) {
                Some(levels) => {
                    for (doc, level) in rest.iter().zip(levels) {
                        each(*doc, self.weights[(*level as usize).min(LEVELS - 1)]);
                    }
                }
                // Keys have no levels.
                None => rest[..taken].iter().for_each(|doc| each(*doc, self.weights[1])),
            }
            self.at += taken;
            let ended = docs.last().is_none_or(|last| *last == TERMINATED);
            if self.at < docs.len() || ended {
                return;
            }
            self.postings.advance();
            self.at = 0;
        }
    }
}
