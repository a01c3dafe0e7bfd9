use crate::{repo::daily_limits, state::AppState};

/// Deletes the counts of days more than a week ago.
pub async fn delete_old_days(state: AppState) -> sqlx::Result<()> {
    daily_limits::delete_old_days(&state.pool).await
}
