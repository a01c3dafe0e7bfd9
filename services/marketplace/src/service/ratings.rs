//! Renewing the ratings that listings show and are sorted by.

use crate::{error::ServiceError, repo::ratings, state::AppState};

/// The prompt service answers for as many at once.
const ROUND: i64 = 100;

/// Renews the oldest ratings on sale, if they are old enough; tells how many were asked for. Those
/// that the prompt service could not be asked for stay as they are until they are old again.
pub async fn renew_old(state: &AppState) -> Result<usize, ServiceError> {
    let prompts = ratings::claim_old(&state.pool, state.ratings_age, ROUND).await?;
    if prompts.is_empty() {
        return Ok(0);
    }
    let found = state.prompts.ratings(&prompts).await?;
    let (ids, values): (Vec<_>, Vec<_>) =
        found.into_iter().map(|(id, rating)| (id, rating.filter(|value| !value.is_zero()))).unzip();
    ratings::renew(&state.pool, &ids, &values).await?;
    Ok(prompts.len())
}
