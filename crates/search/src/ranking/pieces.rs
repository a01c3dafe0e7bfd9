//! The pieces of an index that the threads of a search rank.

use std::{
    iter,
    ops::Range,
    sync::atomic::{AtomicU32, Ordering},
};

use tantivy::DocId;

use crate::snapshot::Snapshot;

/// Hands out the documents of each segment in ranges, each to the thread that asks for it first.
pub struct Pieces {
    size: DocId,
    segments: Vec<Rest>,
}

/// The rest of a segment, which no thread has yet.
struct Rest {
    /// The first document that no thread has. Beyond the end when all are handed out.
    next: AtomicU32,
    end: DocId,
}

impl Pieces {
    /// Divides a snapshot into about so many pieces; none is of two segments.
    pub fn new(snapshot: &Snapshot, count: u32) -> Self {
        let ends = snapshot.segments.iter().map(|segment| segment.reader.max_doc());
        Self::of_segments(ends.collect(), count)
    }

    fn of_segments(ends: Vec<DocId>, count: u32) -> Self {
        let documents = ends.iter().fold(0_u32, |sum, end| sum.saturating_add(*end));
        let segments = ends.into_iter().map(|end| Rest { next: AtomicU32::new(0), end });
        Self { size: documents.div_ceil(count).max(1), segments: segments.collect() }
    }

    /// Returns those of a segment, in their order, that no other thread takes.
    pub fn of_segment(&self, number: usize) -> impl Iterator<Item = Range<DocId>> {
        let Rest { next, end } = &self.segments[number];
        iter::from_fn(move || {
            let take = |start: DocId| (start < *end).then(|| start.saturating_add(self.size));
            let start = next.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
            Some(start..start.saturating_add(self.size).min(*end))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_document_is_in_one_piece_whichever_thread_takes_it() {
        let ends = [1000, 0, 1, 77];
        for count in [1, 2, 6, 10_000] {
            let pieces = Pieces::of_segments(ends.to_vec(), count);
            for (number, end) in ends.into_iter().enumerate() {
                let (mut one, mut other) = (pieces.of_segment(number), pieces.of_segment(number));
                let mut taken = 0;
                while let Some(range) = one.next().or_else(|| other.next()) {
                    assert_eq!(range.start, taken);
                    assert!(range.end > taken && range.end <= end);
                    taken = range.end;
                    std::mem::swap(&mut one, &mut other);
                }
                assert_eq!(taken, end);
            }
        }
    }

    #[test]
    fn a_segment_is_one_piece_or_about_as_many_as_asked_for() {
        for (count, pieces) in [(1, 1), (6, 4)] {
            assert_eq!(Pieces::of_segments(vec![60, 40], count).of_segment(0).count(), pieces);
        }
    }
}
