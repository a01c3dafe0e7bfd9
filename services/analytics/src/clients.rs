//! Clients of other services.

pub mod prompt_directory;
