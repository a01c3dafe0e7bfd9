//! SQL, and nothing else: a file for each table.

pub mod account_deletions;
pub mod follows;
pub mod known_networks;
pub mod password_failures;
pub mod refresh_tokens;
pub mod revocations;
pub mod rows;
pub mod sessions;
pub mod users;
