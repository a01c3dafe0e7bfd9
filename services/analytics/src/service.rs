//! Use cases; each owns its transaction.

pub mod dead_letters;
pub mod ingest;
pub mod merge_deltas;
pub mod messages;
pub mod pipeline;
pub mod prompt_views;
pub mod stats;
pub mod trending;
