use sqlx::PgPool;

use crate::repo::activity_counts;

/// Deletes the minutes that no figure needs any more.
pub async fn delete_old_minutes(pool: PgPool) -> sqlx::Result<()> {
    activity_counts::delete_old_minutes(&pool).await
}
