//! Renewing the ratings that listings show and are sorted by.

use std::time::Duration;

use crate::{error::ServiceError, repo::ratings, state::AppState};

/// The prompt service answers for as many at once.
const STRETCH: usize = 100;

/// A stretch that was begun and not ended, by a process that died or a prompt service that is away, is
/// begun anew after this.
const LEASE: Duration = Duration::from_secs(10);

/// Renews the next ratings on sale, if it is time; whether there is more to do at once.
pub async fn renew_next(state: &AppState) -> Result<bool, ServiceError> {
    let age = state.ratings_age;
    let Some(after) = ratings::claim(&state.pool, LEASE.min(age)).await? else { return Ok(false) };
    let stops = ratings::stretch(&state.pool, after, STRETCH as i64).await?;
    let prompts: Vec<_> = stops.iter().map(|stop| stop.prompt_id).collect();
    if !prompts.is_empty() {
        let found = state.prompts.ratings(&prompts).await?;
        // Of one that is gone the last rating stays.
        let (ids, values): (Vec<_>, Vec<_>) = found
            .into_iter()
            .map(|(id, rating)| (id, rating.filter(|value| !value.is_zero())))
            .unzip();
        ratings::renew(&state.pool, &ids, &values).await?;
    }
    let more = stops.len() == STRETCH;
    let (to, pause) = match stops.last() {
        Some(last) if more => (Some(last.id), Duration::ZERO),
        _ => (None, age),
    };
    ratings::walked(&state.pool, to, pause).await?;
    Ok(more)
}
