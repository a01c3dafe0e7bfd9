//! Ratings. Everyone who may read a prompt may rate it, except its author.

use auth::Identity;
use http_kit::{Page, PageQuery, page::known};
use ids::PromptId;

use super::{reading, stats};
use crate::{
    domain::{RatedPrompt, Rating, RatingSummary},
    error::ServiceError,
    repo::{counters, prompts, ratings},
    state::AppState,
};

/// Returns the mean ratings of these prompts, without a visibility check, and without prompts that are
/// gone.
pub async fn find_rated(
    state: &AppState,
    prompts: &[PromptId],
) -> Result<Vec<RatedPrompt>, ServiceError> {
    Ok(prompts::find_rated(&state.pool, prompts).await?)
}

/// Rates a prompt, or changes the caller's rating; returns true if it is the first.
pub async fn rate(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
    rating: i16,
    review: Option<&str>,
) -> Result<(bool, RatingSummary), ServiceError> {
    reading::ensure_visible(state, Some(caller), prompt).await?;
    let _guard = state.reaction_locks.lock(prompt).await;
    let mut tx = state.pool.begin().await?;
    match prompts::lock_key_share(&mut tx, prompt).await? {
        None => return Err(ServiceError::PromptNotFound),
        Some(author) if author == caller.id => return Err(ServiceError::OwnPrompt),
        Some(_) => {}
    }
    let rated = ratings::upsert(&mut tx, prompt, caller, rating, review).await?;
    tx.commit().await?;
    state.prompt_cache.forget(prompt);
    Ok(rated)
}

/// Returns all ratings of a prompt together.
pub async fn summarize(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
) -> Result<RatingSummary, ServiceError> {
    reading::ensure_visible(state, caller, prompt).await?;
    counters::rating_summary(&state.pool, prompt, caller.map(|caller| caller.id))
        .await?
        .ok_or(ServiceError::PromptNotFound)
}

/// Lists the ratings of a prompt, newest first.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    query: &PageQuery,
) -> Result<Page<Rating>, ServiceError> {
    let total = stats::find_prompt_stats(state, caller, prompt).await?.ratings_count;
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(ratings::list(&state.pool, prompt, slice).await?)
    };
    query.page(known(total), rows, |rating| (rating.updated_at, rating.user_id)).await
}
