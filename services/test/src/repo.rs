//! SQL, and nothing else.

pub mod queue;
pub mod tests;
