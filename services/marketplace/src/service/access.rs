use auth::Identity;
use ids::UserId;

use crate::error::ServiceError;

/// Checks that `caller` is this user or an administrator: only they see a user's money.
pub fn require_self_or_admin(user: UserId, caller: &Identity) -> Result<(), ServiceError> {
    if caller.id == user || caller.is_admin() { Ok(()) } else { Err(ServiceError::NotYours) }
}
