//! Bounds for what is done with long texts: how much of it at once, and how long others wait for it.

use std::{sync::Arc, time::Duration};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

use crate::error::ServiceError;

/// How long a request waits until its work can begin: the gateway waits for 15 s in all.
const WAIT: Duration = Duration::from_secs(10);

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
    /// [`ServiceError::Busy`] when there is none within [`WAIT`].
    pub async fn place(&self) -> Result<OwnedSemaphorePermit, ServiceError> {
        // It is never closed.
        let place = timeout(self.wait, self.places.clone().acquire_owned()).await;
        place.ok().and_then(Result::ok).ok_or(ServiceError::Busy)
    }

    /// Does work on a blocking thread. The place is given back when the work is done, not when nobody
    /// waits for it any more: it cannot be called off.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when it cannot begin within [`WAIT`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let place = self.place().await?;
        let done = spawn_blocking(move || {
            let _place = place;
            work()
        });
        Ok(done.await?)
    }
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
        assert!(matches!(refused, Err(ServiceError::Busy)));
        end.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        bound.run(|| ()).await.unwrap();
    }
}
