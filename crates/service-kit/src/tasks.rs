//! [`Tasks`]: work of a request that goes on when its client has gone.

use std::time::Duration;

use http_kit::context::RequestContext;
use tokio::time::timeout;
use tokio_util::task::TaskTracker;
use tracing::Instrument;

use crate::panics::{Panicked, catch, count};

/// How long tasks may take to finish once the process is asked to stop.
const FINISH: Duration = Duration::from_secs(10);

/// Tasks under way, which are waited for at shutdown.
#[derive(Clone, Default)]
pub struct Tasks(TaskTracker);

impl Tasks {
    /// Runs `work` in a task, with the context and the span of the request, and waits for it. When the
    /// caller is dropped meanwhile, the work goes on.
    ///
    /// Its end is counted in `job_runs_total` with `name` and the outcome `ok` or `panic`.
    ///
    /// # Errors
    /// When `work` panics.
    pub async fn run<T: Send + 'static>(
        &self,
        name: &'static str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, Panicked> {
        let context = RequestContext::current();
        let work = async move {
            let work = catch(work);
            let outcome = match context {
                Some(context) => context.scope(work).await,
                None => work.await,
            };
            count(name, if outcome.is_ok() { "ok" } else { "panic" });
            outcome.inspect_err(|panicked| tracing::error!(task = name, "{panicked}"))
        };
        let task = self.0.spawn(work.in_current_span());
        task.await.unwrap_or_else(|error| Err(Panicked::from(error)))
    }

    /// Waits until all have ended, for 10 s at most.
    pub(crate) async fn drain(&self) {
        self.0.close();
        if timeout(FINISH, self.0.wait()).await.is_err() {
            tracing::warn!("{} tasks not finished after {FINISH:?}; stopping anyway", self.0.len());
        }
    }
}

#[cfg(test)]
mod tests {
    use tokio::{sync::oneshot, time::sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn work_goes_on_without_its_caller_and_is_waited_for() {
        let tasks = Tasks::default();
        let (done, mut finished) = oneshot::channel();
        let caller = tokio::spawn({
            let tasks = tasks.clone();
            async move {
                let work = async {
                    sleep(Duration::from_secs(5)).await;
                    let _ = done.send(());
                };
                tasks.run("work", work).await
            }
        });
        tokio::task::yield_now().await;
        caller.abort();
        assert!(caller.await.unwrap_err().is_cancelled());
        assert!(finished.try_recv().is_err(), "not finished yet");
        tasks.drain().await;
        assert!(finished.try_recv().is_ok());
    }

    #[tokio::test(start_paused = true)]
    async fn work_that_does_not_end_is_not_waited_for_longer_than_ten_seconds() {
        let tasks = Tasks::default();
        let endless = tokio::spawn({
            let tasks = tasks.clone();
            async move { tasks.run("endless", std::future::pending::<()>()).await }
        });
        tokio::task::yield_now().await;
        let started = tokio::time::Instant::now();
        tasks.drain().await;
        assert_eq!(started.elapsed(), FINISH);
        endless.abort();
    }

    #[tokio::test]
    async fn a_panic_is_an_error_of_the_caller() {
        let work = async { panic!("no {}", "luck") };
        let result: Result<(), _> = Tasks::default().run("unlucky", work).await;
        assert_eq!(result.unwrap_err().to_string(), "panicked: no luck");
    }
}
