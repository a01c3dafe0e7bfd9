//! Renewing what listings copy of their prompts: the rating that they are sorted by, and the words.

use std::time::Duration;

use internal_api::prompt::MAX_RATINGS;

use crate::{error::ServiceError, repo::prompt_copies, state::AppState};

/// The number of listings in a stretch: the most prompts that one call may name.
const STRETCH: usize = MAX_RATINGS;

/// A stretch that was begun and not ended, by a process that died or a prompt service that is away, is
/// begun anew after this.
const LEASE: Duration = Duration::from_secs(10);

/// Renews the next listings, if it is time; tells whether there is more to do at once.
pub async fn renew_next(state: &AppState) -> Result<bool, ServiceError> {
    let age = state.ratings_age;
    let Some(after) = prompt_copies::claim(&state.pool, LEASE.min(age)).await? else {
        return Ok(false);
    };
    let stops = prompt_copies::stretch(&state.pool, after, STRETCH as i64).await?;
    let prompts: Vec<_> = stops.iter().map(|stop| stop.prompt_id).collect();
    if !prompts.is_empty() {
        // Of one that is gone the last copy stays, as long as it is listed.
        let found = state.prompt_service.list_copies(&prompts).await?;
        prompt_copies::renew(&state.pool, &found).await?;
    }
    let more = stops.len() == STRETCH;
    let (to, pause) = match stops.last() {
        Some(last) if more => (Some(last.id), Duration::ZERO),
        _ => (None, age),
    };
    prompt_copies::walked(&state.pool, to, pause).await?;
    Ok(more)
}
