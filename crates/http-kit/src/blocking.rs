//! CPU-bound work of more than some milliseconds: off the async threads, and limited.

use std::{
    sync::{Arc, LazyLock},
    thread::available_parallelism,
    time::Duration,
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::{JoinError, spawn_blocking},
    time::timeout,
};

use crate::problem::{ApiError, ApiResult, codes};

/// How long work waits for a permit: the gateway waits 15 s for the whole answer.
const WAIT: Duration = Duration::from_secs(10);

/// Why work was not completed.
#[derive(Debug, thiserror::Error)]
pub enum BlockingError {
    #[error("too much work is being done already")]
    Busy,
    #[error("the work panicked")]
    Panicked(#[from] JoinError),
}

impl From<BlockingError> for ApiError {
    fn from(error: BlockingError) -> Self {
        match error {
            BlockingError::Busy => too_busy(),
            panicked @ BlockingError::Panicked(_) => ApiError::internal(panicked),
        }
    }
}

/// Returns a 503: too many large requests at once, worth trying again in a second.
pub fn too_busy() -> ApiError {
    ApiError::of(
        codes::TooBusy::CODE,
        "Too many large requests are being worked on right now. Please try again.",
    )
    .with_retry_after(Duration::from_secs(1))
}

/// Returns the number of processors.
pub fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// A limit on how much work of one kind runs at once.
#[derive(Clone)]
pub struct ConcurrencyLimit {
    permits: Arc<Semaphore>,
    wait: Duration,
}

impl ConcurrencyLimit {
    pub fn new(at_once: usize) -> Self {
        Self { permits: Arc::new(Semaphore::new(at_once)), wait: WAIT }
    }

    /// Acquires a permit, which is held until it is dropped; first come, first served.
    ///
    /// # Errors
    /// [`BlockingError::Busy`] when no permit is free within 10 s.
    pub async fn acquire(&self) -> Result<OwnedSemaphorePermit, BlockingError> {
        // The semaphore is never closed.
        let permit = timeout(self.wait, self.permits.clone().acquire_owned()).await;
        permit.ok().and_then(Result::ok).ok_or(BlockingError::Busy)
    }

    /// Returns whether so many permits are free at the moment.
    pub fn has_free(&self, permits: usize) -> bool {
        self.permits.available_permits() >= permits
    }

    /// Acquires a permit if one is free.
    pub fn try_acquire(&self) -> Option<OwnedSemaphorePermit> {
        self.permits.clone().try_acquire_owned().ok()
    }

    /// Runs work on a blocking thread. The permit is released when the work ends, even if the caller
    /// has gone: blocking work cannot be cancelled.
    ///
    /// # Errors
    /// [`BlockingError`]; `Busy` when the work cannot begin within 10 s.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        let permit = self.acquire().await?;
        run_with(permit, work).await
    }

    /// Runs work as [`run`](Self::run) does, and tells it whether it may use a second thread: whether another
    /// permit is free, which it holds then.
    ///
    /// # Errors
    /// Those of [`run`](Self::run).
    pub async fn run_on_two<T: Send + 'static>(
        &self,
        work: impl FnOnce(bool) -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        let first = self.acquire().await?;
        let second = self.try_acquire();
        let has_second = second.is_some();
        run_with((first, second), move || work(has_second)).await
    }
}

/// Runs work on a blocking thread, and drops the permits when it has ended.
async fn run_with<T: Send + 'static>(
    permits: impl Send + 'static,
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, BlockingError> {
    let done = spawn_blocking(move || {
        let _permits = permits;
        work()
    });
    Ok(done.await?)
}

/// The limit of all work that has none of its own. It leaves one core to the async threads, if there
/// are several.
static SHARED: LazyLock<ConcurrencyLimit> =
    LazyLock::new(|| ConcurrencyLimit::new(processors().saturating_sub(1).max(1)));

/// Runs work on a blocking thread, within the limit that all such work of the process shares.
///
/// # Errors
/// 503 when it cannot begin within 10 s, 500 when it panics.
pub async fn run<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> ApiResult<T> {
    Ok(SHARED.run(work).await?)
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[tokio::test]
    async fn work_that_cannot_begin_in_time_is_refused_and_a_permit_is_released_after_its_work() {
        let mut limit = ConcurrencyLimit::new(1);
        let (end, ended) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let limit = limit.clone();
            async move { limit.run(move || ended.recv()).await }
        });
        while limit.permits.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        limit.wait = Duration::ZERO;
        let refused = limit.run(|| ()).await;
        assert!(matches!(refused, Err(BlockingError::Busy)));
        end.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        limit.run(|| ()).await.unwrap();
    }

    #[tokio::test]
    async fn work_may_use_a_second_thread_where_nobody_else_does() {
        let one = ConcurrencyLimit::new(1);
        assert!(!one.run_on_two(|has_second| has_second).await.unwrap());
        let mut two = ConcurrencyLimit::new(2);
        two.wait = Duration::ZERO;
        assert!(two.run_on_two(|has_second| has_second).await.unwrap());
        assert!(two.has_free(2));
        let first = two.acquire().await.unwrap();
        assert!(!two.has_free(2));
        assert!(!two.run_on_two(|has_second| has_second).await.unwrap());
        drop(first);
        assert!(two.run_on_two(|has_second| has_second).await.unwrap(), "all permits are back");
    }
}
