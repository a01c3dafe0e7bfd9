//! Use cases; each owns its transaction.

pub mod comments;
pub mod prompts;
pub mod ratings;
pub mod reading;
