//! Refreshes the columns that listings copy from their prompts: the rating, which sorts them, and the
//! words.

use std::time::Duration;

use internal_api::prompt::MAX_RATINGS;

use crate::{
    error::ServiceError,
    repo::{copy_refresh, listings::prompt_copies},
    state::AppState,
};

/// The number of listings in a batch: the most prompts that one call to the prompt service may name.
const BATCH: usize = MAX_RATINGS;

/// The time after which another process takes over a batch that was begun and not finished, because
/// its process died or the prompt service was away.
const LEASE: Duration = Duration::from_secs(10);

/// Refreshes the next batch of listings, if it is due, and returns whether the next one is due at once.
pub async fn refresh_next(state: &AppState) -> Result<bool, ServiceError> {
    let period = state.copy_refresh_period;
    let Some(after) = copy_refresh::claim(&state.pool, LEASE.min(period)).await? else {
        return Ok(false);
    };
    let listings = prompt_copies::list_after(&state.pool, after, BATCH as i64).await?;
    let prompts: Vec<_> = listings.iter().map(|listing| listing.prompt_id).collect();
    if !prompts.is_empty() {
        // The listing of a deleted prompt keeps its last copy.
        let copies = state.prompt_service.list_copies(&prompts).await?;
        prompt_copies::update(&state.pool, &copies).await?;
    }
    let more = listings.len() == BATCH;
    let (after, pause) = match listings.last() {
        Some(last) if more => (Some(last.id), Duration::ZERO),
        _ => (None, period),
    };
    copy_refresh::advance(&state.pool, after, pause).await?;
    Ok(more)
}
