use std::time::Duration;

use service_kit::Next;
use sqlx::PgPool;
use tokio::time::{Instant, sleep};

use crate::service::merge_deltas;

/// How many times as long as it worked the job rests while there is more to do: in a backlog, applying
/// events comes first, and readers add what is not merged themselves.
const REST: u32 = 4;

/// Merges deltas into rollups.
pub async fn merge_deltas(pool: PgPool) -> sqlx::Result<Next> {
    let started = Instant::now();
    let more = merge_deltas::merge_deltas(&pool).await?;
    if more {
        sleep((started.elapsed() * REST).min(Duration::from_secs(10))).await;
    }
    Ok(Next::at_once_if(more))
}
