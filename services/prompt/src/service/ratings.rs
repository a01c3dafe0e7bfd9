//! Likes and ratings. Whoever may read a prompt may say what they think of it.

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery};
use ids::{PromptId, UserId};
use pg::Timestamp;

use super::reading;
use crate::{
    domain::{Rating, RatingSummary, VersionRef},
    error::ServiceError,
    repo::{likes, prompts, ratings},
    state::AppState,
};

/// Likes a prompt; false if the caller liked it already.
pub async fn like(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<bool, ServiceError> {
    reading::ensure_visible(state, Some(caller), prompt).await?;
    match likes::insert(&state.pool, prompt, caller.id).await {
        Ok(added) => Ok(added),
        Err(error) => Err(gone_meanwhile(error)),
    }
}

/// Takes a like back, if there is one.
pub async fn unlike(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<(), ServiceError> {
    reading::ensure_visible(state, Some(caller), prompt).await?;
    likes::delete(&state.pool, prompt, caller.id).await?;
    Ok(())
}

pub async fn has_liked(
    state: &AppState,
    caller: &Identity,
    prompt: PromptId,
) -> Result<bool, ServiceError> {
    reading::ensure_visible(state, Some(caller), prompt).await?;
    Ok(likes::exists(&state.pool, prompt, caller.id).await?)
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
    let mut tx = state.pool.begin().await?;
    if !prompts::keep(&mut tx, prompt).await? {
        return Err(ServiceError::PromptNotFound);
    }
    let first =
        ratings::upsert(&mut tx, prompt, caller, rating, review).await.map_err(gone_meanwhile)?;
    let summary = ratings::summary(&mut *tx, prompt, Some(caller.id)).await?;
    tx.commit().await?;
    Ok((first, summary))
}

pub async fn summary(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
) -> Result<RatingSummary, ServiceError> {
    reading::ensure_visible(state, caller, prompt).await?;
    Ok(ratings::summary(&state.pool, prompt, caller.map(|caller| caller.id)).await?)
}

/// A page of ratings, newest first.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    query: &PageQuery,
) -> ApiResult<Page<Rating>> {
    let prompt = reading::find(state, caller, prompt, VersionRef::Newest).await?;
    let after = query.cursor::<(Timestamp, UserId)>()?;
    let rows = ratings::list(&state.pool, prompt.id, after, query.offset(), query.limit() + 1)
        .await
        .map_err(pg::api_error)?;
    Ok(Page::new(query, rows, Some(prompt.ratings_count), |rating| {
        (rating.updated_at, rating.user_id)
    }))
}

/// The prompt was there a moment ago; its foreign keys say that it is not any more.
pub(super) fn gone_meanwhile(error: sqlx::Error) -> ServiceError {
    match pg::violated(&error) {
        Some(
            "prompt_likes_prompt_id_fkey"
            | "prompt_ratings_prompt_id_fkey"
            | "prompt_comments_prompt_id_fkey",
        ) => ServiceError::PromptNotFound,
        Some("comment_likes_comment_id_fkey" | "prompt_comments_parent_fkey") => {
            ServiceError::CommentNotFound
        }
        _ => error.into(),
    }
}
