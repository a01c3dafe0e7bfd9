//! Background work.

pub mod account_deletions;
pub mod first_admin;
pub mod revocation_feed;
pub mod sweep;
