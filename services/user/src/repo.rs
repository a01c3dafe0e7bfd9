//! SQL, and nothing else.

pub mod sessions;
pub mod users;
