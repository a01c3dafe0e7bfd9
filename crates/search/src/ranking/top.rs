//! The best hits, and how many there are of all.

use std::{cmp::Reverse, collections::BinaryHeap};

use tantivy::DocId;

use crate::{request::HitKey, snapshot::Columns};

use super::{MAX_MISSING, missing_of};

/// How many documents with the words of a phrase are checked for it to count those that have it. Whether words are
/// side by side takes ten times as long as all else.
pub const CHECKED: usize = 2_000;

/// Keeps the best hits.
pub struct Top {
    kept: usize,
    after: Option<HitKey>,
    heap: BinaryHeap<Reverse<HitKey>>,
    /// How many documents lack so many words.
    counts: [usize; MAX_MISSING + 1],
    /// How many documents are checked for phrases, whether or not they may be among the best.
    all_checked: usize,
    /// How many documents were checked for phrases, and how many of them have them.
    checked: usize,
    with_phrases: usize,
    /// How many documents that lack so many words were passed over: they may or may not have the phrases.
    passed_over: [usize; MAX_MISSING + 1],
}

impl Top {
    pub fn new(keep: usize, after: Option<HitKey>, all_checked: usize) -> Self {
        Self {
            kept: keep,
            after,
            heap: BinaryHeap::new(),
            counts: [0; MAX_MISSING + 1],
            all_checked,
            checked: 0,
            with_phrases: 0,
            passed_over: [0; MAX_MISSING + 1],
        }
    }

    /// Counts a hit, and keeps it if it is one of the best.
    #[inline]
    pub fn add(&mut self, columns: &Columns, doc: DocId, score: i64) {
        self.counts[missing_of(score)] += 1;
        if !self.may_keep(score) {
            return;
        }
        let key = HitKey { score, id: columns.id(doc) };
        if self.after.is_none_or(|after| key < after) {
            self.keep(key);
        }
    }

    /// Keeps a hit if it is one of the best.
    fn keep(&mut self, key: HitKey) {
        if self.heap.len() < self.kept {
            self.heap.push(Reverse(key));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && key > worst.0
        {
            *worst = Reverse(key);
        }
    }

    /// Adds the hits of other documents.
    pub fn merge(&mut self, other: Self) {
        let add = |counts: &mut [usize], others: &[usize]| {
            counts.iter_mut().zip(others).for_each(|(count, other)| *count += other);
        };
        add(&mut self.counts, &other.counts);
        add(&mut self.passed_over, &other.passed_over);
        self.checked += other.checked;
        self.with_phrases += other.with_phrases;
        other.heap.into_iter().for_each(|key| self.keep(key.0));
    }

    /// Returns whether a hit of a score may be one of the best so far.
    #[inline]
    pub fn may_keep(&self, score: i64) -> bool {
        let is_worse = self.heap.len() >= self.kept
            && self.heap.peek().is_none_or(|worst| score < worst.0.score);
        !is_worse && self.after.is_none_or(|after| score <= after.score)
    }

    /// Returns whether so many documents were checked for phrases that only those that may be among the best
    /// still are.
    pub fn is_checked_enough(&self) -> bool {
        self.checked >= self.all_checked
    }

    /// Counts a document that was checked for phrases.
    pub fn note_checked(&mut self, has_phrases: bool) {
        self.checked += 1;
        self.with_phrases += usize::from(has_phrases);
    }

    /// Passes over a document that is not checked for phrases.
    pub fn pass_over(&mut self, score: i64) {
        self.passed_over[missing_of(score)] += 1;
    }

    /// Counts as many of the documents that were passed over as have the phrases among those that were checked.
    pub fn estimate(&mut self) {
        for (count, passed_over) in self.counts.iter_mut().zip(&mut self.passed_over) {
            *count += std::mem::take(passed_over) * self.with_phrases / self.checked.max(1);
        }
    }

    /// Counts the hits.
    pub fn total(&self) -> usize {
        self.counts.iter().sum()
    }

    /// Leaves out the hits that lack more words than as many as there are enough hits without.
    pub fn keep_fullest(&mut self, enough: usize) {
        let mut total = 0;
        let Some(most) = self.counts.iter().position(|count| {
            total += count;
            total >= enough
        }) else {
            return;
        };
        self.counts[most + 1..].fill(0);
        self.heap.retain(|key| missing_of(key.0.score) <= most);
    }

    /// Returns the hits, best first.
    pub fn into_hits(self) -> Vec<HitKey> {
        self.heap.into_sorted_vec().into_iter().map(|key| key.0).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hits_with_a_phrase_are_estimated_once_enough_documents_are_checked() {
        let mut top = Top::new(10, None, CHECKED);
        for number in 0..CHECKED {
            assert!(!top.is_checked_enough());
            top.note_checked(number % 4 == 3);
        }
        assert!(top.is_checked_enough());
        (0..1_000).for_each(|_| top.pass_over((MAX_MISSING as i64) << 40));
        top.estimate();
        assert_eq!(top.total(), 250);
    }
}
