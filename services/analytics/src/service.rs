//! Use cases; each owns its transaction.

pub mod author_statistics;
pub mod ingest;
pub mod live;
pub mod merge_deltas;
pub mod messages;
pub mod prompt_statistics;
pub mod prompt_views;
pub mod recent_counts;
pub mod stats;
pub mod timeseries;
pub mod trending;
