//! Likes and ratings. Whoever may read a prompt may say what they think of it; only its author does
//! not rate it.

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery};
use ids::{PromptId, UserId};
use pg::Timestamp;

use super::reading;
use crate::{
    domain::{AuthorStats, PromptStats, Rated, Rating, RatingSummary},
    error::ServiceError,
    repo::{likes, ratings, stats},
    state::AppState,
};

/// Likes a prompt; false if the caller liked it already.
pub async fn like(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<bool, ServiceError> {
    set_like(state, caller, prompt, true).await
}

/// Takes a like back, if there is one.
pub async fn unlike(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<(), ServiceError> {
    set_like(state, caller, prompt, false).await?;
    Ok(())
}

/// True if that changed anything.
async fn set_like(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
    liked: bool,
) -> Result<bool, ServiceError> {
    let changed =
        state.likes.set(prompt, caller, liked).await.map_err(ServiceError::LikesNotWritten)?;
    changed.ok_or(ServiceError::PromptNotFound)
}

pub async fn has_liked(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<bool, ServiceError> {
    reading::ensure_visible(state, Some(caller), prompt).await?;
    Ok(likes::exists(&state.pool, prompt, caller.id).await?)
}

/// The means of these prompts' ratings, whoever may read them; without those that are gone.
pub async fn averages(state: &AppState, prompts: &[PromptId]) -> Result<Vec<Rated>, ServiceError> {
    Ok(ratings::averages(&state.pool, prompts).await?)
}

/// Rates a prompt, or changes the caller's rating; true if it is the first.
pub async fn rate(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
    rating: i16,
    review: Option<&str>,
) -> Result<(bool, RatingSummary), ServiceError> {
    reading::ensure_visible(state, Some(caller), prompt).await?;
    let _turn = state.reactions.of(prompt).await;
    let mut tx = state.pool.begin().await?;
    match ratings::keep_rated(&mut tx, prompt).await? {
        None => return Err(ServiceError::PromptNotFound),
        Some(author) if author == caller.id => return Err(ServiceError::OwnPrompt),
        Some(_) => {}
    }
    let rated = ratings::upsert(&mut tx, prompt, caller, rating, review).await?;
    tx.commit().await?;
    Ok(rated)
}

pub async fn summary(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
) -> Result<RatingSummary, ServiceError> {
    reading::ensure_visible(state, caller, prompt).await?;
    ratings::summary(&state.pool, prompt, caller.map(|caller| caller.id))
        .await?
        .ok_or(ServiceError::PromptNotFound)
}

/// A page of ratings, newest first.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    query: &PageQuery,
) -> ApiResult<Page<Rating>> {
    let total = prompt_stats(state, caller, prompt).await?.ratings_count;
    let after = query.cursor::<(Timestamp, UserId)>()?;
    let rows = ratings::list(&state.pool, prompt, after, query.offset(), query.limit() + 1)
        .await
        .map_err(pg::api_error)?;
    Ok(Page::new(query, rows, Some(total), |rating| (rating.updated_at, rating.user_id)))
}

/// What people did with a prompt.
pub async fn prompt_stats(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
) -> Result<PromptStats, ServiceError> {
    reading::ensure_visible(state, caller, prompt).await?;
    stats::of_prompt(&state.pool, prompt).await?.ok_or(ServiceError::PromptNotFound)
}

/// What an author has in public lists; nothing for someone who never wrote anything.
pub async fn author_stats(state: &AppState, author: UserId) -> Result<AuthorStats, ServiceError> {
    Ok(stats::of_author(&state.pool, author).await?)
}
