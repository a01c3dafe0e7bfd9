//! Work that takes a processor for more than some milliseconds, off the async threads.

use std::{
    sync::{Arc, LazyLock},
    thread::available_parallelism,
};

use tokio::{sync::Semaphore, task::spawn_blocking};

use crate::problem::{ApiError, ApiResult};

/// One core is left to the async threads, where there are more.
static TURNS: LazyLock<Arc<Semaphore>> = LazyLock::new(|| {
    let cores = available_parallelism().map_or(1, usize::from);
    Arc::new(Semaphore::new(cores.saturating_sub(1).max(1)))
});

/// Runs `work` on a blocking thread, when it is its turn.
///
/// # Errors
/// 500 when it panics.
pub async fn run<R: Send + 'static>(work: impl FnOnce() -> R + Send + 'static) -> ApiResult<R> {
    let turn = TURNS.clone().acquire_owned().await.map_err(ApiError::internal)?;
    spawn_blocking(move || {
        // Held by the work itself: it goes on when the client has gone.
        let _turn = turn;
        work()
    })
    .await
    .map_err(ApiError::internal)
}
