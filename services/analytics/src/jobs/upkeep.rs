//! What the database needs every day: partitions before their month comes, and old minutes gone.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::repo::{activity, partitions};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// After a failure.
const PAUSE: Duration = Duration::from_secs(30);

/// Tables of events, partitioned by month.
const TABLES: [&str; 2] = ["user_activity_events", "prompt_activity_events"];

/// Besides the present month.
const MONTHS_AHEAD: i32 = 2;

/// At once and then daily, until `shutdown`. Until partitions are there, events wait in the default
/// one, from which they move.
pub async fn run(pool: PgPool, shutdown: &CancellationToken) {
    let keeping = async {
        loop {
            match keep(&pool).await {
                Ok(()) => sleep(DAY).await,
                Err(error) => {
                    tracing::warn!("daily upkeep not done yet: {error}");
                    sleep(PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        () = keeping => {}
        () = shutdown.cancelled() => {}
    }
}

async fn keep(pool: &PgPool) -> sqlx::Result<()> {
    // The farthest first: a month whose rows must move out of the default partition may fail, and
    // then must not keep the next ones from being there in time.
    for months_ahead in (0..=MONTHS_AHEAD).rev() {
        for table in TABLES {
            partitions::ensure(pool, table, months_ahead).await?;
        }
    }
    activity::forget_old_minutes(pool).await
}
