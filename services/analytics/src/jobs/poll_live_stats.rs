use std::sync::Arc;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::service::live::LiveStats;

/// Asks for the stats while someone listens, and ends all streams at `shutdown`.
pub async fn poll_live_stats(
    (pool, live): (PgPool, Arc<LiveStats>),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    live.poll(&pool, &shutdown).await;
    Ok(())
}
