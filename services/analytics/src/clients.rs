//! Clients of other services.

pub mod prompt_directory;
pub mod user_directory;
