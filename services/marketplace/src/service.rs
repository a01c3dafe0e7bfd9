//! Use cases; each owns its transaction.

pub mod answers;
pub mod content;
pub mod licenses;
pub mod listings;
pub mod prompt_copies;
pub mod purchase;
pub mod refunds;
pub mod revenue;
pub mod steps;
pub mod transactions;

use auth::Identity;
use ids::UserId;

use crate::error::ServiceError;

/// What concerns one user's money is for that user and administrators.
fn only_for(user: UserId, caller: &Identity) -> Result<(), ServiceError> {
    if caller.id == user || caller.is_admin() { Ok(()) } else { Err(ServiceError::NotYours) }
}
