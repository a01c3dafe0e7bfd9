//! Clients of other services.

pub mod user_directory;
