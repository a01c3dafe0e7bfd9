use std::time::Duration;

use crate::{repo::streams, state::AppState};

/// The time between storing the text of answers, and the age from which they are stored.
pub const STORE_PERIOD: Duration = Duration::from_millis(200);

/// Stores the new text of answers that take long, for listeners at other instances.
pub async fn store_streams(state: AppState) -> sqlx::Result<()> {
    let unstored = state.live_attempts.unstored(STORE_PERIOD);
    let (attempts, chunks): (Vec<_>, Vec<_>) = unstored.into_iter().unzip();
    if chunks.is_empty() {
        return Ok(());
    }
    streams::store(&state.pool, &chunks).await?;
    for (attempt, chunk) in attempts.iter().zip(&chunks) {
        attempt.set_stored(chunk);
    }
    Ok(())
}
