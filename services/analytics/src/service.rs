//! Use cases; each owns its transaction.

pub mod answer_cache;
pub mod author_statistics;
pub mod close_days;
mod close_spans;
mod closed_rows;
mod closing_thresholds;
pub mod dead_letters;
pub mod ingest;
pub mod live;
pub mod merge_deltas;
pub mod messages;
mod open_days;
mod period_draft;
pub mod pipeline;
pub mod prompt_statistics;
pub mod prompt_views;
pub mod ranking;
mod read_periods;
pub mod rebuild;
pub mod recent_counts;
pub mod retention;
pub mod stats;
pub mod timeseries;
pub mod trending;
mod unique_accounts;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    reason = "a test that cannot set up must fail"
)]
mod tests;
