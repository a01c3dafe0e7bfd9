//! Numbers of a prompt, and of an author.

use auth::Identity;
use ids::{PromptId, UserId};

use super::reading;
use crate::{
    domain::{AuthorStats, PromptStats},
    error::ServiceError,
    repo::counters,
    state::AppState,
};

/// Returns the numbers of a prompt.
pub async fn find_prompt_stats(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
) -> Result<PromptStats, ServiceError> {
    match reading::find_shared(state, caller, prompt).await? {
        Some(shared) => Ok(PromptStats::from(&shared.value)),
        None => count_prompt_stats(state, prompt).await,
    }
}

/// Returns the numbers of a prompt as they are in the database, without a visibility check.
pub async fn count_prompt_stats(
    state: &AppState,
    prompt: PromptId,
) -> Result<PromptStats, ServiceError> {
    counters::prompt_stats(&state.pool, prompt).await?.ok_or(ServiceError::PromptNotFound)
}

/// Returns the numbers of an author's listed prompts; zeros for a person without any.
pub async fn find_author_stats(
    state: &AppState,
    author: UserId,
) -> Result<AuthorStats, ServiceError> {
    Ok(counters::author_stats(&state.pool, author).await?)
}
