use std::sync::Arc;

use sqlx::PgPool;

use crate::service::usage_counter::UsageCounter;

/// Writes the counted views and uses.
pub async fn flush_usage((counter, pool): (Arc<UsageCounter>, PgPool)) -> sqlx::Result<()> {
    counter.flush(&pool).await
}
