use crate::{repo::streams, state::AppState};

/// Deletes the text of attempts that are over.
pub async fn delete_ended_streams(state: AppState) -> sqlx::Result<()> {
    streams::delete_ended(&state.pool).await
}
