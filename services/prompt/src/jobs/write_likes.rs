use sqlx::PgPool;

use crate::service::like_queue::QueuedLikes;

/// Writes queued likes until every sender is dropped.
pub async fn run(pool: PgPool, mut likes: QueuedLikes) {
    while likes.write_next(&pool).await {}
}
