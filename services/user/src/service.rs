//! Use cases; each owns its transaction.

pub mod accounts;
pub mod admin;
pub mod answer_cache;
pub mod follows;
pub mod login_throttle;
pub mod password_hasher;
pub mod passwords;
pub mod profiles;
pub mod revocation_feed;
pub mod sessions;
