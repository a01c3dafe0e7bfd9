use sqlx::PgPool;

use crate::{domain::Stats, repo::activity_counts};

/// Returns the activity on the whole platform.
pub async fn get_stats(pool: &PgPool) -> sqlx::Result<Stats> {
    activity_counts::stats(pool).await
}
