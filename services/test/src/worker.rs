//! Runs queued tests, so many at once in each lane, and rides out whatever dies meanwhile.
//!
//! One loop claims for all free slots at once; each claimed test runs in a task of its own
//! ([`attempt`]); one writer puts down what became of them, many at a time ([`recorder`]); one loop
//! keeps all leases alive and clears up after the dead ([`upkeep`]). A process that is killed lets its
//! leases run out, and another takes the tests over.

mod attempt;
mod recorder;
mod slots;
mod upkeep;

use std::time::Duration;

use attempt::Attempt;
use slots::Slots;
use tokio::{
    sync::mpsc,
    time::{Instant, sleep, timeout_at},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    config::WorkerConfig,
    repo::queue::{
        Job,
        claim::{self, Places, Wanted},
    },
    state::AppState,
};

/// How often the queue is looked at without being told to: finds what another instance queued.
const POLL: Duration = Duration::from_millis(500);

/// How often a test is begun before it is given up.
const MAX_TRIES: i32 = 3;

/// How long running tests may take to finish once the process is asked to stop, and how long giving
/// back the others may take after that.
const DRAIN: Duration = Duration::from_secs(10);
const GIVE_BACK: Duration = Duration::from_secs(2);

pub struct Worker {
    state: AppState,
    config: WorkerConfig,
    slots: Slots,
}

impl Worker {
    pub fn new(state: &AppState, config: WorkerConfig) -> Self {
        let slots = Slots::new(&config.lanes);
        Self { state: state.clone(), config, slots }
    }

    /// Runs tests until `shutdown`, then lets those under way finish, within a bound, and gives the
    /// rest back to the queue.
    pub async fn run(self, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let abandon = CancellationToken::new();
        // Holds at most one for each slot: a slot is free again once its outcome is written.
        let (outcomes, ended) = mpsc::unbounded_channel();
        let recorder = tokio::spawn(recorder::run(self.state.clone(), ended));
        let upkeep = tokio::spawn(upkeep::run(self.state.clone(), self.config.lease));

        let mut places = Places::new();
        while !shutdown.is_cancelled() {
            let jobs = self.claim(&mut places).await;
            for job in jobs {
                // There is one, as nobody else takes any.
                let Some(slot) = self.slots.take(&job.lane()) else { continue };
                let run = self.state.hub.begin(job.claim);
                let attempt = Attempt {
                    state: self.state.clone(),
                    job,
                    run,
                    slot,
                    outcomes: outcomes.clone(),
                };
                tasks.spawn(attempt.run(abandon.clone()));
            }
            // Not everyone was looked at, and there may be slots yet.
            if places.keys().any(|lane| self.slots.has_free(lane)) {
                continue;
            }
            tokio::select! {
                () = self.state.queued.notified() => {}
                () = sleep(POLL) => {}
                () = shutdown.cancelled() => {}
            }
        }
        drop(outcomes);
        tasks.close();
        let drained = Instant::now() + DRAIN;
        if timeout_at(drained, tasks.wait()).await.is_err() {
            tracing::warn!(left = tasks.len(), "tests still running after {DRAIN:?}: given back");
            abandon.cancel();
        }
        // Ends once all is written; what cannot be, with the database away, runs out of its lease.
        let _ = timeout_at(drained + GIVE_BACK, recorder).await;
        upkeep.abort();
    }

    async fn claim(&self, places: &mut Places) -> Vec<Job> {
        let free = self.slots.free();
        if free.is_empty() {
            return Vec::new();
        }
        let wanted = Wanted {
            free,
            user_concurrency: self.config.user_concurrency,
            lease: self.config.lease,
        };
        let claimed = async {
            let mut tx = self.state.pool.begin().await?;
            let jobs = claim::claim(&mut tx, &wanted, places).await?;
            tx.commit().await?;
            Ok(jobs)
        };
        let claimed: sqlx::Result<Vec<Job>> = claimed.await;
        match claimed {
            Ok(jobs) => jobs,
            Err(error) => {
                tracing::warn!("the queue cannot be read: {error}");
                places.clear();
                Vec::new()
            }
        }
    }
}
