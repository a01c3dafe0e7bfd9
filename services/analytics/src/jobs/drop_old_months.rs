use sqlx::PgPool;

use crate::service::retention;

/// Drops the months of raw events that are older than the setting.
pub async fn drop_old_months((pool, retention_days): (PgPool, u16)) -> sqlx::Result<()> {
    let dropped = retention::drop_old_months(&pool, retention_days).await?;
    if dropped > 0 {
        tracing::info!("{dropped} partitions older than {retention_days} days were dropped");
    }
    Ok(())
}
