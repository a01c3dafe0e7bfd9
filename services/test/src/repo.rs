//! SQL, and nothing else.

pub mod comparisons;
pub mod daily_limits;
pub mod datasets;
pub mod evaluation_runs;
pub mod prompt_tests;
pub mod queue;
pub mod statistics;
pub mod streams;
