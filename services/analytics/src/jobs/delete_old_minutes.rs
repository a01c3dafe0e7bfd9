use sqlx::PgPool;

use crate::repo::{activity_counts, applied_seconds};

/// Deletes the minutes and seconds that no figure needs any more.
pub async fn delete_old_minutes(pool: PgPool) -> sqlx::Result<()> {
    activity_counts::delete_old_minutes(&pool).await?;
    applied_seconds::delete_old(&pool).await
}
