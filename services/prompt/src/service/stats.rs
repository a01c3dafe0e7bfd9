//! Numbers of a prompt, and of an author.

use auth::Identity;
use ids::PromptId;

use super::reading;
use crate::{domain::PromptStats, error::ServiceError, repo::counters, state::AppState};

/// Returns the numbers of a prompt.
pub async fn find_prompt_stats(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
) -> Result<PromptStats, ServiceError> {
    reading::ensure_visible(state, caller, prompt).await?;
    counters::prompt_stats(&state.pool, prompt).await?.ok_or(ServiceError::PromptNotFound)
}
