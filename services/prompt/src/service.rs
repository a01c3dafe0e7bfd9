//! Use cases; each owns its transaction.

pub mod authors;
pub mod catalog;
pub mod comments;
pub mod forks;
pub mod labels;
pub mod lists;
pub mod premium;
pub mod prompts;
pub mod ratings;
pub mod reading;
pub mod search;
pub mod versions;
