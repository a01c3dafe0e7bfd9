use tokio_util::sync::CancellationToken;

use crate::state::AppState;

const CHANNEL: &str = "listings_changed";

/// Drops from the cache what any instance has changed, until the process stops or the connection is lost.
pub async fn follow_changes(state: AppState, stop: CancellationToken) -> anyhow::Result<()> {
    read_cache::follow_changes(&state.pool, CHANNEL, &state.answer_cache, stop).await
}
