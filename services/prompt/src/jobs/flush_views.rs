use std::sync::Arc;

use sqlx::PgPool;

use crate::service::view_counter::ViewCounter;

/// Writes the counted views.
pub async fn flush_views((counter, pool): (Arc<ViewCounter>, PgPool)) -> sqlx::Result<()> {
    counter.flush(&pool).await
}
