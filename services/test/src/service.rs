//! Use cases; each owns its transaction.

pub mod comparison_stream;
pub mod comparisons;
mod daily_limit;
pub mod datasets;
pub mod evaluation_runs;
pub mod live_attempts;
pub mod offload;
mod prompt_source;
pub mod prompt_tests;
pub mod statistics;
pub mod stream_permits;
mod targets;
pub mod test_stream;
mod waiting;
