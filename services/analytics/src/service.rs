//! Use cases; each owns its transaction.

pub mod dead_letters;
pub mod ingest;
pub mod messages;
pub mod pipeline;
pub mod stats;
pub mod trending;
