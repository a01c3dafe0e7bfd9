//! Premium prompts and entitlements, which the marketplace sets. It repeats each call until it is
//! answered, and calls may arrive out of order.

use ids::{LicenseId, PromptId, UserId};
use timestamp::Timestamp;

use crate::{
    domain::{Entitlement, Premium},
    error::ServiceError,
    repo::{entitlements, prompts},
    state::AppState,
};

/// Makes a prompt premium or free if `premium` is newer than what it has. Returns its state after
/// that.
pub async fn set(
    state: &AppState,
    prompt: PromptId,
    premium: Premium,
) -> Result<Premium, ServiceError> {
    prompts::set_premium(&state.pool, prompt, &premium).await?;
    state.prompt_cache.forget(prompt);
    prompts::find_premium(&state.pool, prompt).await?.ok_or(ServiceError::PromptNotFound)
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
    entitlements::grant(&state.pool, prompt, license, user, version, expires_at)
        .await?
        .ok_or(ServiceError::PromptNotFound)
}

/// Revokes a licence for good.
pub async fn revoke(
    state: &AppState,
    prompt: PromptId,
    license: LicenseId,
) -> Result<Entitlement, ServiceError> {
    entitlements::revoke(&state.pool, prompt, license).await?.ok_or(ServiceError::PromptNotFound)
}
