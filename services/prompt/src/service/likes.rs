//! Likes. Everyone who may read a prompt may like it.

use auth::Identity;
use ids::PromptId;

use super::reading;
use crate::{error::ServiceError, state::AppState};

/// Likes a prompt. Returns false if the caller liked it already.
pub async fn like(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<bool, ServiceError> {
    set_like(state, caller, prompt, true).await
}

/// Removes a like, if there is one.
pub async fn unlike(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<(), ServiceError> {
    set_like(state, caller, prompt, false).await?;
    Ok(())
}

/// Sets whether the caller likes a prompt. Returns whether that had an effect.
async fn set_like(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
    liked: bool,
) -> Result<bool, ServiceError> {
    let effect = state.likes.set(prompt, caller, liked).await?;
    if effect == Some(true) {
        state.prompt_cache.forget(prompt);
    }
    effect.ok_or(ServiceError::PromptNotFound)
}

/// Returns whether the caller likes a prompt.
pub async fn has_liked(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<bool, ServiceError> {
    reading::find_shared(state, Some(caller), prompt).await?;
    Ok(state.standings.find(prompt, caller.id).await?.has_liked)
}
