//! What time makes worthless, removed: expired sessions, tokens and revocations, and old counts of
//! wrong passwords.

use std::time::Duration;

use sqlx::PgPool;
use tokio::time::sleep;

use crate::repo::{password_failures, revocations, sessions};

const EVERY: Duration = Duration::from_secs(10 * 60);

/// Rows a statement: a few milliseconds, and few locks.
const BATCH: i64 = 1000;

/// Statements a round; what is left after a long rest waits for the next.
const BATCHES: usize = 100;

/// At once and then every ten minutes, until the task is dropped. Several instances share the work.
pub async fn run(pool: &PgPool) {
    loop {
        if let Err(error) = sweep(pool).await {
            tracing::warn!("the sweep was not finished: {error}");
        }
        sleep(EVERY).await;
    }
}

async fn sweep(pool: &PgPool) -> sqlx::Result<()> {
    for _ in 0..BATCHES {
        let gone = sessions::delete_expired(pool, BATCH).await?
            + password_failures::delete_expired(pool, BATCH).await?
            + revocations::delete_expired(pool, BATCH).await?;
        if gone == 0 {
            break;
        }
    }
    Ok(())
}
