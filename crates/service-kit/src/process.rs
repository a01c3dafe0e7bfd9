//! The run of a process, from its first request to its ordered end.

use std::sync::{Arc, atomic::AtomicBool};

use axum::Router;
use http_kit::serve::serve;
use tokio::{join, net::TcpListener};
use tokio_util::sync::CancellationToken;

use crate::{Job, Tasks, runner::Running};

/// What a process serves, and what it does beside that.
pub struct Process {
    pub router: Router,
    /// Turns true at shutdown, so that readiness says so.
    pub draining: Arc<AtomicBool>,
    pub jobs: Vec<Job>,
    pub tasks: Tasks,
}

impl Process {
    /// Serves and does its jobs until `shutdown`, then ends in the order that the crate describes.
    ///
    /// # Errors
    /// When a long-running job fails for good; the process ends in the same order then.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let Self { router, draining, jobs, tasks } = self;
        let serve = |stop| async {
            serve(listener, router, draining, stop).await;
            Ok(())
        };
        run(jobs, tasks, shutdown, serve).await
    }
}

/// Serves in a way of the caller's own and does jobs until `shutdown`, then ends in the order that the
/// crate describes. `serve` gets a token, and ends after it is cancelled.
///
/// # Errors
/// When serving or a long-running job fails for good; the process ends in the same order then.
pub async fn run<F>(
    jobs: Vec<Job>,
    tasks: Tasks,
    shutdown: CancellationToken,
    serve: impl FnOnce(CancellationToken) -> F,
) -> anyhow::Result<()>
where
    F: Future<Output = anyhow::Result<()>>,
{
    let stop = shutdown.child_token();
    let drained = CancellationToken::new();
    let (late, early): (Vec<_>, Vec<_>) = jobs.into_iter().partition(|job| job.is_until_drained);
    let early = Running::start(early, &stop, &stop);
    let late = Running::start(late, &drained, &stop);
    let serving = async {
        let served = serve(stop.clone()).await;
        // Without a server there is nothing to go on for.
        stop.cancel();
        tasks.drain().await;
        served
    };
    let (served, ended) = join!(serving, early.wait());
    drained.cancel();
    served.and(ended).and(late.wait().await)
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tokio::time::{Duration, sleep};

    use super::*;

    async fn process(jobs: Vec<Job>) -> (Process, TcpListener) {
        let process = Process {
            router: Router::new(),
            draining: Arc::default(),
            jobs,
            tasks: Tasks::default(),
        };
        (process, TcpListener::bind("127.0.0.1:0").await.unwrap())
    }

    #[tokio::test]
    async fn a_job_that_fails_for_good_ends_the_process_with_its_error() {
        let job = Job::long_running("relay", (), async |(), _| anyhow::bail!("fenced"));
        let (process, listener) = process(vec![job]).await;
        let error = process.run(listener, CancellationToken::new()).await.unwrap_err();
        assert_eq!(format!("{error:#}"), "relay: fenced");
    }

    #[tokio::test(start_paused = true)]
    async fn what_must_come_last_comes_after_tasks_and_other_jobs() {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let end = |name| {
            let ended = ended.clone();
            move || ended.lock().unwrap().push(name)
        };
        let state = (end("job"), end("last"));
        let job = Job::long_running("job", state.clone(), async |(end, _), stop| {
            stop.cancelled().await;
            sleep(Duration::from_secs(1)).await;
            end();
            Ok(())
        });
        let last = Job::long_running("last", state, async |(_, end), stop| {
            stop.cancelled().await;
            end();
            Ok(())
        });
        let (process, listener) = process(vec![last.until_drained(), job]).await;
        let (tasks, end_of_task) = (process.tasks.clone(), end("task"));
        let task = tokio::spawn(async move {
            let work = async move {
                sleep(Duration::from_secs(2)).await;
                end_of_task();
            };
            tasks.run("task", work).await
        });
        let shutdown = CancellationToken::new();
        let stopping = async {
            sleep(Duration::from_millis(1)).await;
            shutdown.cancel();
        };
        let (result, ()) = join!(process.run(listener, shutdown.clone()), stopping);
        result.unwrap();
        task.await.unwrap().unwrap();
        assert_eq!(*ended.lock().unwrap(), ["job", "task", "last"]);
    }
}
