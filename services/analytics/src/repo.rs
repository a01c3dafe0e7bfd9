//! SQL, and nothing else.
//!
//! Several consumers apply events at once, and none waits for another: a batch inserts rows of its own, and
//! updates only `applied_seconds`, last of all. Figures that many batches move are written by the one
//! merge.

pub mod activity_counts;
pub mod activity_deltas;
pub mod applied_seconds;
pub mod closed_days;
pub mod closed_spans;
pub mod closing_queue;
pub mod dead_letters;
pub mod event_ids;
pub mod events;
pub mod partitions;
pub mod prompt_authors;
pub mod prompt_days;
pub mod prompt_scores;
pub mod prompt_view_deltas;
pub mod raw_events;
pub mod retention;
pub mod trending_candidates;
