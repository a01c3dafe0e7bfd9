//! Background work: running tests, and the upkeep of their queue.

pub mod run_tests;
pub mod upkeep;
