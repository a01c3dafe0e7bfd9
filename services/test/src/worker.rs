//! Runs queued tests, so many at once, and rides out whatever dies meanwhile.
//!
//! One loop claims for all slots at once; each claimed test runs in a task of its own that keeps its
//! lease alive. A process that is killed lets its leases run out, and another takes the tests over.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    assertions::{self, Answer, Grade},
    catalogue::Cost,
    config::WorkerConfig,
    providers::{Completion, ProviderError},
    repo::queue::{self, Job},
    state::AppState,
};

/// How often the queue is looked at without being told to: finds what another instance queued, and
/// leases that ran out.
const POLL: Duration = Duration::from_millis(500);

/// How often a test is begun before it is given up.
const MAX_ATTEMPTS: i32 = 3;
const GIVEN_UP: &str = "The test was begun 3 times without coming to an end, and is given up.";

/// No answer is waited for longer than this.
const ANSWER_DEADLINE: Duration = Duration::from_secs(120);

/// After the database refused a result: it is paid for, so it is offered again.
const RECORD_AGAIN: Duration = Duration::from_millis(100);

/// How long running tests may take to finish once the process is asked to stop, and how long giving
/// back the others may take after that.
const DRAIN: Duration = Duration::from_secs(10);
const GIVE_BACK: Duration = Duration::from_secs(2);

pub struct Worker {
    state: AppState,
    config: WorkerConfig,
    slots: Arc<Semaphore>,
}

/// What became of one attempt.
enum Outcome {
    Completed { completion: Completion, took: Duration, cost: Option<Cost>, grade: Option<Grade> },
    Failed(String),
    TryAgain(Duration),
}

impl Worker {
    pub fn new(state: &AppState, config: WorkerConfig) -> Arc<Self> {
        let slots = Arc::new(Semaphore::new(config.slots as usize));
        Arc::new(Self { state: state.clone(), config, slots })
    }

    /// Runs tests until `shutdown`, then lets those under way finish, within a bound, and gives the
    /// rest back to the queue.
    pub async fn run(self: Arc<Self>, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let abandon = CancellationToken::new();
        loop {
            let mut free = tokio::select! {
                biased;
                () = shutdown.cancelled() => break,
                free = self.free_slots() => match free {
                    Some(free) => free,
                    None => break,
                },
            };
            for job in self.claim(free.num_permits()).await {
                let Some(slot) = free.split(1) else { break };
                let (worker, abandon) = (self.clone(), abandon.clone());
                tasks.spawn(async move {
                    worker.attempt(job, &abandon).await;
                    drop(slot);
                });
            }
            let queue_is_empty = free.num_permits() > 0;
            drop(free);
            if queue_is_empty {
                tokio::select! {
                    () = self.state.queued.notified() => {}
                    () = sleep(POLL) => {}
                    () = shutdown.cancelled() => break,
                }
            }
        }
        tasks.close();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(left = tasks.len(), "tests still running after {DRAIN:?}: given back");
            abandon.cancel();
            // What cannot be given back, with the database away, runs out of its lease.
            let _ = timeout(GIVE_BACK, tasks.wait()).await;
        }
    }

    /// Every slot that is free, one at least.
    async fn free_slots(&self) -> Option<OwnedSemaphorePermit> {
        // An error would mean that the semaphore was closed, which nobody does.
        let mut free = self.slots.clone().acquire_owned().await.ok()?;
        let more = u32::try_from(self.slots.available_permits()).unwrap_or(0);
        if let Ok(more) = self.slots.clone().try_acquire_many_owned(more) {
            free.merge(more);
        }
        Some(free)
    }

    async fn claim(&self, limit: usize) -> Vec<Job> {
        let jobs = async {
            let pool = &self.state.pool;
            let given_up = queue::give_up(pool, MAX_ATTEMPTS, GIVEN_UP).await?;
            if given_up > 0 {
                tracing::error!(given_up, "tests were interrupted too often");
            }
            queue::claim(pool, limit as i64, self.config.lease, MAX_ATTEMPTS).await
        };
        jobs.await.unwrap_or_else(|error| {
            tracing::warn!("the queue cannot be read: {error}");
            Vec::new()
        })
    }

    async fn attempt(&self, job: Job, abandon: &CancellationToken) {
        let outcome = tokio::select! {
            outcome = self.ask(&job) => outcome,
            () = self.lose_lease(&job) => {
                tracing::warn!(test = %job.claim.id, "the lease went to someone else");
                return;
            }
            () = abandon.cancelled() => Outcome::TryAgain(Duration::ZERO),
        };
        self.record(&job, outcome).await;
    }

    async fn ask(&self, job: &Job) -> Outcome {
        let Some(provider) = self.state.providers.get(job.provider) else {
            return Outcome::Failed(format!("The provider {} is not available.", job.provider));
        };
        let started = Instant::now();
        let answer = timeout(ANSWER_DEADLINE, provider.complete(&job.request, &|_| ())).await;
        match answer.unwrap_or(Err(ProviderError::TimedOut)) {
            Ok(mut completion) => {
                // Postgres text cannot hold U+0000; a model may well say it.
                if completion.text.contains('\0') {
                    completion.text = completion.text.replace('\0', "\u{fffd}");
                }
                let cost =
                    self.state.catalogue.cost(job.provider, &job.request.model, completion.usage);
                let took = started.elapsed();
                let grade = match job.assertions.clone() {
                    Some(assertions) => {
                        let cost = cost.as_ref().map(|cost| cost.amount);
                        let answer = Answer { text: completion.text.clone(), took, cost };
                        Some(assertions::grade(assertions, answer).await)
                    }
                    None => None,
                };
                Outcome::Completed { completion, took, cost, grade }
            }
            Err(ProviderError::RateLimited { retry_after }) if job.claim.attempt < MAX_ATTEMPTS => {
                Outcome::TryAgain(retry_after)
            }
            Err(error) => Outcome::Failed(error.to_string()),
        }
    }

    /// Keeps the lease alive; returns when it is lost.
    async fn lose_lease(&self, job: &Job) {
        loop {
            sleep(self.config.lease / 3).await;
            match queue::extend(&self.state.pool, job.claim, self.config.lease).await {
                Ok(true) => {}
                Ok(false) => return,
                // Nobody else can take it either while the database is away.
                Err(error) => tracing::warn!(test = %job.claim.id, "lease not extended: {error}"),
            }
        }
    }

    /// Writes down what became of an attempt, however long the database takes to come back.
    async fn record(&self, job: &Job, outcome: Outcome) {
        let (pool, claim) = (&self.state.pool, job.claim);
        loop {
            let written = match &outcome {
                Outcome::Completed { completion, took, cost, grade } => {
                    let (cost, grade) = (cost.as_ref(), grade.as_ref());
                    queue::complete(pool, claim, completion, *took, cost, grade).await
                }
                Outcome::Failed(reason) => queue::fail(pool, claim, reason).await,
                Outcome::TryAgain(delay) => queue::requeue(pool, claim, *delay).await,
            };
            match written {
                Ok(true) => {
                    tracing::info!(test = %claim.id, attempt = claim.attempt, %outcome, "ran");
                    if !matches!(outcome, Outcome::TryAgain(_)) {
                        // An error only says that nobody is waiting for a test.
                        let _ = self.state.ended.send(claim.id);
                    }
                    return;
                }
                Ok(false) => {
                    tracing::warn!(test = %claim.id, %outcome, "the lease went to someone else");
                    return;
                }
                Err(error) if pg::is_outage(&error) => {
                    tracing::warn!(test = %claim.id, "result not written yet: {error}");
                    sleep(RECORD_AGAIN).await;
                }
                // Not written by asking again; the lease runs out and the test is begun anew.
                Err(error) => {
                    tracing::error!(test = %claim.id, "result cannot be written: {error}");
                    return;
                }
            }
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Completed { .. } => "completed",
            Self::Failed(_) => "failed",
            Self::TryAgain(_) => "queued again",
        })
    }
}
