//! Running jobs, each in a task of its own.

use anyhow::Context;
use tokio::{select, task::JoinSet, time::sleep};
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use crate::{
    job::{Job, Next},
    panics::{catch, count},
};

/// Jobs that have been started; dropping them aborts them.
pub(crate) struct Running(JoinSet<anyhow::Result<()>>);

impl Running {
    /// Starts jobs, which run until `stop`. One that fails for good cancels `failed`.
    pub(crate) fn start(
        jobs: Vec<Job>,
        stop: &CancellationToken,
        failed: &CancellationToken,
    ) -> Self {
        let mut tasks = JoinSet::new();
        for job in jobs {
            let (stop, failed) = (stop.clone(), failed.clone());
            let span = tracing::info_span!("job", job = job.name);
            let work = async move {
                let result = job.run(&stop).await;
                if result.is_err() {
                    failed.cancel();
                }
                result.context(job.name)
            };
            tasks.spawn(work.instrument(span));
        }
        Self(tasks)
    }

    /// Waits until all have ended.
    ///
    /// # Errors
    /// The first that a job ended with.
    pub(crate) async fn wait(mut self) -> anyhow::Result<()> {
        let mut result = Ok(());
        while let Some(ended) = self.0.join_next().await {
            result = result.and(ended.map_err(Into::into).flatten());
        }
        result
    }
}

impl Job {
    /// Does rounds until `stop`, or until the job is done.
    ///
    /// # Errors
    /// The error or panic of a job that the process cannot do without.
    async fn run(&self, stop: &CancellationToken) -> anyhow::Result<()> {
        let mut errors = 0;
        loop {
            let is_last = stop.is_cancelled();
            if is_last && !self.is_until_drained {
                return Ok(());
            }
            let Some(outcome) = self.round(stop).await else { return Ok(()) };
            let wake = match outcome {
                Ok(Next::Done) => return Ok(()),
                Err(error) if self.is_fatal => return Err(error),
                _ if is_last => return Ok(()),
                Ok(Next::AtOnce) => {
                    errors = 0;
                    continue;
                }
                Ok(Next::AfterPeriod) => {
                    errors = 0;
                    self.wake.as_deref()
                }
                Err(_) => {
                    errors += 1;
                    None
                }
            };
            let pause = if errors == 0 { self.period } else { self.pause(errors) };
            let woken = async {
                match wake {
                    Some(wake) => wake.notified().await,
                    None => std::future::pending().await,
                }
            };
            select! {
                () = sleep(pause) => {}
                () = woken => {}
                () = stop.cancelled() => {}
            }
        }
    }

    /// Does one round, counts it, and logs what went wrong. `None` when it was dropped: it had not
    /// finished in time after `stop`.
    async fn round(&self, stop: &CancellationToken) -> Option<anyhow::Result<Next>> {
        let overdue = async {
            stop.cancelled().await;
            sleep(self.finish).await;
        };
        // The call is within: a round that panics before its first await is caught as well.
        let work = catch(async { (self.round)(stop.clone()).await });
        let outcome = select! {
            biased;
            outcome = work => outcome,
            () = overdue => {
                tracing::warn!("not finished {:?} after the process was asked to stop", self.finish);
                return None;
            }
        };
        Some(match outcome {
            Ok(Ok(next)) => {
                count(self.name, "ok");
                Ok(next)
            }
            Ok(Err(error)) => {
                count(self.name, "error");
                tracing::warn!("{error:#}");
                Err(error)
            }
            Err(panicked) => {
                count(self.name, "panic");
                tracing::error!("{panicked}");
                Err(panicked.into())
            }
        })
    }
}

#[cfg(test)]
mod tests;
