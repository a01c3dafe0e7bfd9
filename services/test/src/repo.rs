//! SQL, and nothing else.

pub mod limits;
pub mod queue;
pub mod streams;
pub mod tests;
