//! What the marketplace says of prompts. It repeats itself until it is heard, and may be heard out of
//! order.

use ids::{LicenseId, PromptId, UserId};
use pg::Timestamp;

use crate::{
    domain::{Entitlement, Premium},
    error::ServiceError,
    repo::premium,
    state::AppState,
};

/// Makes a prompt premium, or free again, if that is newer than what was said before. Returns what
/// stands then.
pub async fn set(
    state: &AppState,
    prompt: PromptId,
    said: Premium,
) -> Result<Premium, ServiceError> {
    premium::set(&state.pool, prompt, &said).await?;
    premium::find(&state.pool, prompt).await?.ok_or(ServiceError::PromptNotFound)
}

/// Lets a licence's holder read a version and those after it, unless the licence was revoked.
pub async fn grant(
    state: &AppState,
    prompt: PromptId,
    license: LicenseId,
    user: UserId,
    version: i32,
    expires_at: Option<Timestamp>,
) -> Result<Entitlement, ServiceError> {
    premium::grant(&state.pool, prompt, license, user, version, expires_at)
        .await?
        .ok_or(ServiceError::PromptNotFound)
}

/// Revokes a licence for good.
pub async fn revoke(
    state: &AppState,
    prompt: PromptId,
    license: LicenseId,
) -> Result<Entitlement, ServiceError> {
    premium::revoke(&state.pool, prompt, license).await?.ok_or(ServiceError::PromptNotFound)
}
