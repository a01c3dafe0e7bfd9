//! SQL, and nothing else.

pub mod comparisons;
pub mod datasets;
pub mod limits;
pub mod queue;
pub mod runs;
pub mod statistics;
pub mod streams;
pub mod tests;
