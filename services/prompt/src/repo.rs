//! SQL and MongoDB commands, and nothing else.

pub mod authors;
pub mod catalog;
pub mod comments;
pub mod counters;
pub mod labels;
pub mod likes;
pub mod lists;
pub mod premium;
pub mod prompts;
pub mod ratings;
pub mod search;
pub mod stats;
pub mod sweep;
pub mod versions;
