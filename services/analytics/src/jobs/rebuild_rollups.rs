use sqlx::PgPool;

use crate::service::rebuild::rebuild_if_needed;

/// Rebuilds the rollups once, where a migration asks for it.
pub async fn rebuild_rollups(pool: PgPool) -> anyhow::Result<()> {
    let mut connection = pool.acquire().await?;
    rebuild_if_needed(&mut connection, |day, views| {
        tracing::info!("rebuilding the rollups: {day} is done, {views} views so far");
    })
    .await?;
    Ok(())
}
