//! Deletes rows that have expired: sessions, refresh tokens, revocations, and counts of wrong
//! passwords.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::sleep;

use crate::repo::{password_failures, revocations, sessions};

const INTERVAL: Duration = Duration::from_secs(10 * 60);

/// The rows that one statement deletes: a few milliseconds, and few locks.
const BATCH_SIZE: i64 = 1000;

/// The batches of one round; the rest waits for the next round.
const MAX_BATCHES: usize = 100;

/// Sweeps at once and then every ten minutes, until the task is dropped. Several instances share
/// the work.
pub async fn run(pool: &PgPool) {
    loop {
        if let Err(error) = sweep(pool).await {
            tracing::warn!("the sweep was not finished: {error}");
        }
        sleep(INTERVAL).await;
    }
}

async fn sweep(pool: &PgPool) -> sqlx::Result<()> {
    for _ in 0..MAX_BATCHES {
        let deleted = sessions::delete_expired(pool, BATCH_SIZE).await?
            + password_failures::delete_expired(pool, BATCH_SIZE).await?
            + revocations::delete_expired(pool, BATCH_SIZE).await?;
        if deleted == 0 {
            break;
        }
    }
    Ok(())
}
