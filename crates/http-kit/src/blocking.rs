//! Work that takes a processor for more than some milliseconds, off the async threads and within bounds.

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

/// How long a request waits until its work can begin: the gateway waits for 15 s in all.
const WAIT: Duration = Duration::from_secs(10);

/// Why work was not done.
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

/// 503: too many large requests at once; worth asking again in a second.
pub fn too_busy() -> ApiError {
    ApiError::of(
        codes::TooBusy::CODE,
        "Too many large requests are being worked on right now. Please try again.",
    )
    .with_retry_after(Duration::from_secs(1))
}

/// How many processors there are.
pub fn processors() -> usize {
    available_parallelism().map_or(1, usize::from)
}

/// A bound for one kind of work.
#[derive(Clone)]
pub struct Bound {
    places: Arc<Semaphore>,
    wait: Duration,
}

impl Bound {
    pub fn new(at_once: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(at_once)), wait: WAIT }
    }

    /// A place, kept until it is dropped; first come, first served.
    ///
    /// # Errors
    /// [`BlockingError::Busy`] when there is none within 10 s.
    pub async fn place(&self) -> Result<OwnedSemaphorePermit, BlockingError> {
        // It is never closed.
        let place = timeout(self.wait, self.places.clone().acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(BlockingError::Busy)
    }

    /// Does work on a blocking thread. The place is given back when the work is done, not when nobody
    /// waits for it any more: it cannot be called off.
    ///
    /// # Errors
    /// [`BlockingError`]; busy when it cannot begin within 10 s.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, BlockingError> {
        let place = self.place().await?;
        let done = spawn_blocking(move || {
            let _place = place;
            work()
        });
        Ok(done.await?)
    }
}

/// For what has no bound of its own. One core is left to the async threads, where there are more.
static SHARED: LazyLock<Bound> =
    LazyLock::new(|| Bound::new(processors().saturating_sub(1).max(1)));

/// Does work on a blocking thread, within the bound that all such work of the process shares.
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
    async fn what_cannot_begin_in_time_is_refused_and_a_place_is_free_again_after_its_work() {
        let mut bound = Bound::new(1);
        let (end, ended) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let bound = bound.clone();
            async move { bound.run(move || ended.recv()).await }
        });
        while bound.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        bound.wait = Duration::ZERO;
        let refused = bound.run(|| ()).await;
        assert!(matches!(refused, Err(BlockingError::Busy)));
        end.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        bound.run(|| ()).await.unwrap();
    }
}
