//! Clients of other services.

pub mod marketplace;
pub mod prompt_service;

use std::time::Duration;

/// The time that a service has to forget an account: it goes through all that the account wrote or
/// offered.
pub const FORGET_DEADLINE: Duration = Duration::from_secs(30);
