//! Work on long texts: off the threads that answer everyone, and only so much of it at once.

use std::{sync::Arc, time::Duration};

use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

use crate::error::ServiceError;

/// How long a request waits until its work can begin.
const WAIT: Duration = Duration::from_secs(3);

/// A bound for one kind of work.
#[derive(Clone)]
pub struct Blocking {
    places: Arc<Semaphore>,
    wait: Duration,
}

impl Blocking {
    pub fn new(at_once: usize) -> Self {
        Self { places: Arc::new(Semaphore::new(at_once)), wait: WAIT }
    }

    /// Does the work on a blocking thread. The place is given back when the work is done, not when
    /// nobody waits for it any more: it cannot be called off.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when it cannot begin within [`WAIT`].
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, ServiceError> {
        let place = timeout(self.wait, self.places.clone().acquire_owned());
        let place = place.await.map_err(|_| ServiceError::Busy)?;
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
        let mut blocking = Blocking::new(1);
        let (end, ended) = mpsc::channel::<()>();
        let first = tokio::spawn({
            let blocking = blocking.clone();
            async move { blocking.run(move || ended.recv()).await }
        });
        while blocking.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        blocking.wait = Duration::ZERO;
        let refused = blocking.run(|| ()).await;
        assert!(matches!(refused, Err(ServiceError::Busy)));
        end.send(()).unwrap();
        first.await.unwrap().unwrap().unwrap();
        blocking.run(|| ()).await.unwrap();
    }
}
