//! [`Job`]: the description of a piece of background work.

use std::{pin::Pin, sync::Arc, time::Duration};

use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

/// How long a round under way may take to finish once the process is asked to stop.
const FINISH: Duration = Duration::from_secs(5);

/// The pause after an error, for a job without a period.
const PAUSE: Duration = Duration::from_secs(1);

/// What follows a round that went well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The next round, at once: there is more to do.
    AtOnce,
    /// The next round, after the period or when the job is woken.
    AfterPeriod,
    /// Nothing: the job is done.
    Done,
}

impl From<()> for Next {
    fn from((): ()) -> Self {
        Self::AfterPeriod
    }
}

impl Next {
    /// Goes on at once if `more`, else after the period.
    pub fn at_once_if(more: bool) -> Self {
        if more { Self::AtOnce } else { Self::AfterPeriod }
    }
}

type Round = Pin<Box<dyn Future<Output = anyhow::Result<Next>> + Send>>;

/// Background work with a name.
///
/// Each end of a round is counted in `job_runs_total` with the job's name and the outcome `ok`, `error`
/// or `panic`; errors and panics are logged.
pub struct Job {
    pub(crate) name: &'static str,
    pub(crate) round: Box<dyn Fn(CancellationToken) -> Round + Send + Sync>,
    pub(crate) period: Duration,
    pub(crate) wake: Option<Arc<Notify>>,
    /// The pause after the first error in a row, and the longest that doubling leads to.
    pub(crate) pauses: (Duration, Duration),
    /// Ends the process after an error or a panic.
    pub(crate) is_fatal: bool,
    pub(crate) is_until_drained: bool,
    pub(crate) finish: Duration,
}

impl Job {
    /// A job that does a round at once, and then one after each `period`. The round gets a clone of
    /// `state`.
    pub fn every<S, F, N, E>(
        name: &'static str,
        period: Duration,
        state: S,
        round: impl Fn(S) -> F + Send + Sync + 'static,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
        F: Future<Output = Result<N, E>> + Send + 'static,
        N: Into<Next>,
        E: Into<anyhow::Error>,
    {
        Self::new(name, period, move |_| {
            let work = round(state.clone());
            Box::pin(async { work.await.map(Into::into).map_err(Into::into) })
        })
    }

    /// A job that is done after its first round without an error.
    pub fn once<S, F, E>(
        name: &'static str,
        state: S,
        round: impl Fn(S) -> F + Send + Sync + 'static,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
        F: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<anyhow::Error>,
    {
        Self::new(name, PAUSE, move |_| {
            let work = round(state.clone());
            Box::pin(async { work.await.map(|()| Next::Done).map_err(Into::into) })
        })
    }

    /// A job that is one long round: it gets a token, and ends soon after that is cancelled. Its error or
    /// panic ends the process, unless it is [`restarted_after`](Self::restarted_after) a pause.
    pub fn long_running<S, F>(
        name: &'static str,
        state: S,
        run: impl Fn(S, CancellationToken) -> F + Send + Sync + 'static,
    ) -> Self
    where
        S: Clone + Send + Sync + 'static,
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        let job = Self::new(name, PAUSE, move |stop| {
            let work = run(state.clone(), stop);
            Box::pin(async { work.await.map(|()| Next::Done) })
        });
        Self { is_fatal: true, ..job }
    }

    fn new(
        name: &'static str,
        period: Duration,
        round: impl Fn(CancellationToken) -> Round + Send + Sync + 'static,
    ) -> Self {
        Self {
            name,
            round: Box::new(round),
            period,
            wake: None,
            pauses: (period, period),
            is_fatal: false,
            is_until_drained: false,
            finish: FINISH,
        }
    }

    /// Starts the next round when notified, without waiting for the end of the period.
    #[must_use]
    pub fn woken_by(self, wake: Arc<Notify>) -> Self {
        Self { wake: Some(wake), ..self }
    }

    /// Sets the pause after an error or a panic, which is the period otherwise. It is not cut short by a
    /// notification.
    #[must_use]
    pub fn pause_after_error(self, pause: Duration) -> Self {
        Self { pauses: (pause, pause), ..self }
    }

    /// Doubles the pause after each further error, up to `longest`.
    #[must_use]
    pub fn backing_off_to(self, longest: Duration) -> Self {
        Self { pauses: (self.pauses.0, longest), ..self }
    }

    /// Starts a long-running job again after an error or a panic.
    #[must_use]
    pub fn restarted_after(self, pause: Duration) -> Self {
        Self { is_fatal: false, ..self.pause_after_error(pause) }
    }

    /// Goes on until requests, tasks and all other jobs have ended, and then does a last round.
    #[must_use]
    pub fn until_drained(self) -> Self {
        Self { is_until_drained: true, ..self }
    }

    /// Sets how long the round under way may take to finish at shutdown; it is dropped then.
    #[must_use]
    pub fn finishes_within(self, limit: Duration) -> Self {
        Self { finish: limit, ..self }
    }

    /// Returns the pause after `errors` errors in a row.
    pub(crate) fn pause(&self, errors: u32) -> Duration {
        let (first, longest) = self.pauses;
        let doublings = errors.saturating_sub(1).min(20);
        first.saturating_mul(1 << doublings).min(longest)
    }
}
