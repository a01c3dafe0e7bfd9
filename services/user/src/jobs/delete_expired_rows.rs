//! Deletes rows that have expired: sessions, refresh tokens, revocations, counts of wrong
//! passwords, and known networks.

use sqlx::PgPool;

use crate::{
    repo::{known_networks, password_failures, revocations, sessions},
    service::login_throttle::KNOWN_FOR,
};

/// The rows that one statement deletes: a few milliseconds, and few locks.
const BATCH_SIZE: i64 = 1000;

/// The batches of one round; the rest waits for the next round.
const MAX_BATCHES: usize = 100;

/// Deletes expired rows. Several instances share the work.
pub async fn delete_expired_rows(pool: PgPool) -> sqlx::Result<()> {
    for _ in 0..MAX_BATCHES {
        let deleted = sessions::delete_expired(&pool, BATCH_SIZE).await?
            + password_failures::delete_expired(&pool, BATCH_SIZE).await?
            + known_networks::delete_expired(&pool, KNOWN_FOR, BATCH_SIZE).await?
            + revocations::delete_expired(&pool, BATCH_SIZE).await?;
        if deleted == 0 {
            break;
        }
    }
    Ok(())
}
