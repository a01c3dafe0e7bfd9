//! SQL and MongoDB commands, and nothing else.

pub mod comments;
pub mod counters;
pub mod likes;
pub mod prompts;
pub mod ratings;
pub mod versions;
