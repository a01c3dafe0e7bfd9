//! Use cases; each owns its transaction.

pub mod ingest;
pub mod merge_deltas;
pub mod messages;
pub mod prompt_views;
pub mod rebuild;
pub mod retention;
pub mod stats;
pub mod trending;
