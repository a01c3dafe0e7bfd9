//! Ranks documents by what they have of a query.
//!
//! A score depends on the document and the query only, never on other documents, so that every index
//! with the same documents has the same order: `cursor` would repeat and miss hits otherwise.

mod cursor;
mod phrases;
mod pieces;
mod places;
mod top;
mod window;

#[cfg(test)]
mod tests;

use std::{iter, ops::Range, sync::LazyLock, thread::available_parallelism};

use rayon::{ThreadPool, ThreadPoolBuilder};
use tantivy::DocId;

use crate::{
    SearchError,
    lookups::{Group, Lookup},
    popularity,
    request::HitKey,
    snapshot::{Segment, Snapshot},
};
use phrases::Phrases;
use pieces::Pieces;
use top::CHECKED;
pub use top::Top;
use window::Hit;
pub use window::{Evaluation, Window};

/// The bits of a score below those of how many words are missing.
const MISSING_SHIFT: u32 = 40;
/// The bit of a score that says that the title is the very query.
const TITLE: i64 = 1 << 39;
/// The bits of a fraction.
const SHARE_SHIFT: u32 = 16;
/// The most words that can be missing.
pub const MAX_MISSING: usize = 63;

/// The number of pieces, about, in which two threads rank all documents. Each piece is ranked by the thread that is free:
/// the second one may begin late.
const PIECES: u32 = 6;

/// The second threads of searches. A thread that had to be made would often begin when all is done. There are half as
/// many as processors, and no more searches may use two threads at once: one would wait for the thread of another.
static SECOND_THREADS: LazyLock<Option<ThreadPool>> = LazyLock::new(|| {
    let processors = available_parallelism().map_or(1, usize::from);
    let threads = ThreadPoolBuilder::new().num_threads((processors / 2).max(1));
    let threads = threads.thread_name(|number| format!("rank-{number}")).build();
    threads.inspect_err(|error| tracing::warn!("searches have one thread: {error}")).ok()
});

/// What documents must have beside words.
#[derive(Debug, Default)]
pub struct Filters {
    /// Lists of keys; a document has one of each.
    pub keys: Vec<Vec<Lookup>>,
    pub min_rating: Option<f64>,
}

/// How many of the words of a query a document has to have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Match {
    All,
    /// Half of them; a document that lacks fewer comes before one that lacks more.
    Most,
    /// One; a document that lacks fewer is not better for it.
    Any,
}

impl Match {
    /// Returns how many of the words of a group a document may lack. Those of phrases it must have.
    pub fn missing(self, group: &Group) -> usize {
        let required = group.required();
        let missing = match self {
            Self::All => 0,
            Self::Most => required / 2,
            Self::Any => required.saturating_sub(1),
        };
        missing.min(group.dispensable())
    }
}

/// How documents are ranked.
pub struct Ranking {
    pub matches: Match,
    /// How many hits are kept.
    pub keep: usize,
    /// The hit after which those that are kept begin.
    pub after: Option<HitKey>,
    /// Whether a second thread ranks some of the documents.
    pub on_two_threads: bool,
}

impl Ranking {
    /// Ranks all documents that match one of the groups.
    pub fn rank(
        &self,
        snapshot: &Snapshot,
        groups: &[Group],
        filters: &Filters,
    ) -> Result<Top, SearchError> {
        let threads = self.on_two_threads.then(|| SECOND_THREADS.as_ref()).flatten();
        let pieces = Pieces::new(snapshot, if threads.is_some() { PIECES } else { 1 });
        let rank = || -> Result<Top, SearchError> {
            let checked = if threads.is_some() { CHECKED / 2 } else { CHECKED };
            let mut top = Top::new(self.keep, self.after, checked);
            let mut window = Window::default();
            for (number, segment) in snapshot.segments.iter().enumerate() {
                let mut ranges = pieces.of_segment(number).peekable();
                // Where nothing is left, the other thread has opened the lists.
                if ranges.peek().is_some() {
                    self.rank_ranges(segment, ranges, groups, filters, &mut window, &mut top)?;
                }
            }
            Ok(top)
        };
        let mut second = None;
        let mut top = match threads {
            Some(threads) => threads.in_place_scope(|scope| {
                scope.spawn(|_| second = Some(rank()));
                rank()
            }),
            None => rank(),
        }?;
        if let Some(second) = second {
            top.merge(second?);
        }
        top.estimate();
        Ok(top)
    }

    /// Ranks documents of a segment, in their order.
    fn rank_ranges(
        &self,
        segment: &Segment,
        ranges: impl Iterator<Item = Range<DocId>>,
        groups: &[Group],
        filters: &Filters,
        window: &mut Window,
        top: &mut Top,
    ) -> Result<(), SearchError> {
        if let [group] = groups {
            return self.evaluate(
                segment,
                ranges,
                group,
                filters,
                window,
                |doc, score, phrases| {
                    if phrases.are_none() {
                        top.add(&segment.columns, doc, score);
                    } else if top.is_checked_enough() && !top.may_keep(score) {
                        top.pass_over(score);
                    } else {
                        let has_phrases = phrases.allow(doc);
                        top.note_checked(has_phrases);
                        if has_phrases {
                            top.add(&segment.columns, doc, score);
                        }
                    }
                },
            );
        }
        for range in ranges {
            // A document that several alternatives find has the best of their scores: one number for each
            // document of the range, however many alternatives there are. No score is 0.
            let mut scores = vec![0_i64; range.len()];
            let start = range.start;
            for group in groups {
                let range = iter::once(range.clone());
                self.evaluate(segment, range, group, filters, window, |doc, score, phrases| {
                    if let Some(best) = scores.get_mut((doc - start) as usize)
                        && phrases.allow(doc)
                    {
                        *best = score.max(*best);
                    }
                })?;
            }
            for (doc, score) in range.zip(scores).filter(|(_, score)| *score > 0) {
                top.add(&segment.columns, doc, score);
            }
        }
        Ok(())
    }

    /// Calls a function with each document of some ranges that has the words of a group, its score, and the
    /// phrases that it has to have besides. The ranges are in their order.
    fn evaluate(
        &self,
        segment: &Segment,
        ranges: impl Iterator<Item = Range<DocId>>,
        group: &Group,
        filters: &Filters,
        window: &mut Window,
        mut found: impl FnMut(DocId, i64, &mut Phrases),
    ) -> Result<(), SearchError> {
        let required = group.required();
        let missing = self.matches.missing(group);
        let mut phrases = Phrases::open(segment, group)?;
        let Some(mut evaluation) = Evaluation::open(segment, group, filters, missing, window)?
        else {
            return Ok(());
        };
        let columns = &segment.columns;
        // A multiplication for each hit, in place of a division.
        let share = ((popularity::ONE as i64) << SHARE_SHIFT) / required.max(1) as i64;
        let mut score = |hit: Hit| {
            let well_rated =
                filters.min_rating.is_none_or(|least| columns.average_rating(hit.doc) >= least);
            if well_rated && segment.is_alive(hit.doc) {
                let factor = i64::from(columns.popularity(hit.doc)).max(1);
                let relevance = (i64::from(hit.score) * share) >> SHARE_SHIFT;
                let missing = if self.matches == Match::Any { 0 } else { hit.missing };
                let tier = MAX_MISSING.saturating_sub(missing) as i64;
                let title = if hit.is_title { TITLE } else { 0 };
                let score = (tier << MISSING_SHIFT) | title | (relevance * factor);
                found(hit.doc, score, &mut phrases);
            }
        };
        for range in ranges {
            evaluation.run(range, &mut score);
        }
        Ok(())
    }
}

/// Returns how many words the document of a score lacks.
pub fn missing_of(score: i64) -> usize {
    MAX_MISSING.saturating_sub((score >> MISSING_SHIFT) as usize)
}
