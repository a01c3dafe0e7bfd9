//! Use cases; each owns its transaction.

pub mod dead_letters;
pub mod ingest;
pub mod merge_deltas;
pub mod messages;
pub mod pipeline;
pub mod prompt_views;
mod read_days;
pub mod rebuild;
pub mod retention;
pub mod stats;
pub mod trending;

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    reason = "a test that cannot set up must fail"
)]
mod tests;
