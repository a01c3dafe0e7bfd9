//! Clients of other services and of the payment provider.

pub mod payments;
pub mod prompt_service;
