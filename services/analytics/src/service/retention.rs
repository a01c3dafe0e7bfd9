use sqlx::PgPool;

use crate::repo::retention;

/// Drops the months of raw events, and of their ids, that lie more than `days` back; returns the number of
/// partitions dropped. Rollups stay.
pub async fn drop_old_months(pool: &PgPool, days: u16) -> sqlx::Result<i32> {
    let mut tx = pool.begin().await?;
    // A batch that has read the old floor could otherwise apply again what is dropped now.
    retention::lock_exclusive(&mut tx).await?;
    if !retention::raise_floor(&mut tx, days.into()).await? {
        return Ok(0);
    }
    let dropped = retention::drop_months(&mut tx).await?;
    tx.commit().await?;
    Ok(dropped)
}
