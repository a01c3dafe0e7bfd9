use std::sync::Arc;

use sqlx::PgPool;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use crate::service::like_queue::QueuedLikes;

/// The pool and the queue; the queue outlives a panic.
pub type State = (PgPool, Arc<Mutex<QueuedLikes>>);

pub fn state(pool: &PgPool, likes: QueuedLikes) -> State {
    (pool.clone(), Arc::new(Mutex::new(likes)))
}

/// Writes queued likes until all requests are drained.
pub async fn write_likes((pool, likes): State, drained: CancellationToken) -> anyhow::Result<()> {
    let mut likes = likes.lock().await;
    loop {
        let batch = tokio::select! {
            batch = likes.next_batch() => batch,
            () = drained.cancelled() => {
                likes.close();
                likes.next_batch().await
            }
        };
        match batch {
            Some(batch) => batch.write(&pool).await,
            None => return Ok(()),
        }
    }
}
