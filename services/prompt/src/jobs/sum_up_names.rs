use std::time::Duration;

use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::repo::tags_and_categories;

/// The age that a count may have.
const PERIOD: Duration = Duration::from_secs(1);

/// Changes summed up in one transaction. A bulk load leaves millions.
const BATCH: i64 = 20_000;

/// Sums up changed counts of tags and categories every second until `shutdown`. One instance at a time
/// does so.
pub async fn run(pool: PgPool, shutdown: CancellationToken) {
    let summing = async {
        loop {
            match tags_and_categories::sum_up_changes(&pool, BATCH).await {
                // There is more.
                Ok(Some(BATCH..)) => continue,
                Ok(_) => {}
                Err(error) => {
                    tracing::warn!("the counts of tags and categories are not up to date: {error}");
                }
            }
            tokio::time::sleep(PERIOD).await;
        }
    };
    tokio::select! {
        () = summing => {}
        () = shutdown.cancelled() => {}
    }
}
