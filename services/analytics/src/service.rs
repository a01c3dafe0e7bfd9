//! Use cases; each owns its transaction.

pub mod ingest;
pub mod live;
pub mod messages;
pub mod stats;
pub mod trending;
