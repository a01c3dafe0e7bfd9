use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::service::view_counter::ViewCounter;

const PERIOD: Duration = Duration::from_secs(1);

/// Writes counted views every second until `shutdown`.
pub async fn run(counter: &ViewCounter, pool: &PgPool, shutdown: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(PERIOD) => flush(counter, pool).await,
            () = shutdown.cancelled() => return,
        }
    }
}

/// Writes the counted views once.
pub async fn flush(counter: &ViewCounter, pool: &PgPool) {
    if let Err(error) = counter.flush(pool).await {
        tracing::warn!("views are not written yet: {error}");
    }
}
