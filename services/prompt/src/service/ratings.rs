//! Ratings. Everyone who may read a prompt may rate it, except its author.

use auth::Identity;
use http_kit::{Page, PageQuery};
use ids::PromptId;
use read_cache::View;

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
) -> Result<View<RatingSummary>, ServiceError> {
    let pool = &state.pool;
    let Some(copy) = reading::find_shared(state, caller, prompt).await? else {
        let own = counters::rating_summary(pool, prompt, caller.map(|caller| caller.id)).await?;
        return Ok(View::own(own.ok_or(ServiceError::PromptNotFound)?));
    };
    let read = || {
        let pool = pool.clone();
        async move { Ok(counters::rating_summary(&pool, prompt, None).await?) }
    };
    let shared = state.prompt_cache.ratings(&copy, read).await?;
    let shared = shared.ok_or(ServiceError::PromptNotFound)?;
    let user_rating = match caller {
        Some(caller) => ratings::find_rating(pool, prompt, caller.id).await?,
        None => None,
    };
    Ok(match user_rating {
        None => View::Shared(shared),
        Some(_) => View::own(RatingSummary { user_rating, ..shared.value.clone() }),
    })
}

/// Lists the ratings of a prompt, newest first.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    prompt: PromptId,
    query: &PageQuery,
) -> Result<Page<Rating>, ServiceError> {
    reading::find_shared(state, caller, prompt).await?;
    let total = async {
        let stats = stats::count_prompt_stats(state, prompt).await?;
        Ok::<_, ServiceError>(stats.ratings_count)
    };
    let rows = async |slice| -> Result<_, ServiceError> {
        Ok(ratings::list(&state.pool, prompt, slice).await?)
    };
    query.page(total, rows, |rating| (rating.updated_at, rating.user_id)).await
}
