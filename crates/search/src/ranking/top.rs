//! The best hits, and how many there are of all.

use std::{cmp::Reverse, collections::BinaryHeap};

use tantivy::DocId;

use crate::{request::HitKey, snapshot::Columns};

use super::{MAX_MISSING, missing_of};

/// Keeps the best hits.
pub struct Top {
    keep: usize,
    after: Option<HitKey>,
    heap: BinaryHeap<Reverse<HitKey>>,
    /// How many documents lack so many words.
    counts: [usize; MAX_MISSING + 1],
}

impl Top {
    pub fn new(keep: usize, after: Option<HitKey>) -> Self {
        Self { keep, after, heap: BinaryHeap::new(), counts: [0; MAX_MISSING + 1] }
    }

    /// Counts a hit, and keeps it if it is one of the best.
    #[inline]
    pub fn add(&mut self, columns: &Columns, doc: DocId, score: i64) {
        self.counts[missing_of(score)] += 1;
        let full = self.heap.len() >= self.keep;
        let is_worse = full && self.heap.peek().is_none_or(|worst| score < worst.0.score);
        if is_worse || self.after.is_some_and(|after| score > after.score) {
            return;
        }
        let key = HitKey { score, id: columns.id(doc) };
        if self.after.is_some_and(|after| key >= after) {
            return;
        }
        if !full {
            self.heap.push(Reverse(key));
        } else if let Some(mut worst) = self.heap.peek_mut()
            && key > worst.0
        {
            *worst = Reverse(key);
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
