//! The queue in the table of tests.
//!
//! A claim is a lease: it ends by itself unless it is extended, and every write under it names the claim (id
//! and attempt), so that a worker whose lease went to another changes nothing.

pub mod claim;
pub mod claimed_test;
pub mod lease;
pub mod record;

#[cfg(test)]
mod tests;
