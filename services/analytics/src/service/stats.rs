use crate::{domain::Stats, error::ServiceError, repo::activity_counts, state::AppState};

/// Returns the activity on the whole platform.
pub async fn get_stats(state: &AppState) -> Result<Stats, ServiceError> {
    Ok(activity_counts::stats(&state.pool).await?)
}
