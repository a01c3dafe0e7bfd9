//! Deletes rows that have expired: sessions, refresh tokens, revocations, and counts of wrong
//! passwords.

use sqlx::PgPool;

use crate::repo::{password_failures, revocations, sessions};

/// The rows that one statement deletes: a few milliseconds, and few locks.
const BATCH_SIZE: i64 = 1000;

/// The batches of one round; the rest waits for the next round.
const MAX_BATCHES: usize = 100;

/// Deletes expired rows. Several instances share the work.
pub async fn delete_expired_rows(pool: PgPool) -> sqlx::Result<()> {
    for _ in 0..MAX_BATCHES {
        let deleted = sessions::delete_expired(&pool, BATCH_SIZE).await?
            + password_failures::delete_expired(&pool, BATCH_SIZE).await?
            + revocations::delete_expired(&pool, BATCH_SIZE).await?;
        if deleted == 0 {
            break;
        }
    }
    Ok(())
}
