//! Runs queued tests in the slots of each lane, and survives the death of any process.
//!
//! One loop claims for all free slots at once; each claimed test runs in a task of its own ([`attempt`]); one
//! writer stores their outcomes, many at a time ([`recorder`]). The leases of a process that is killed
//! expire, and another claims the tests.

mod attempt;
mod recorder;
mod slots;

use std::time::Duration;

use tokio::{
    join,
    sync::mpsc::{self, UnboundedSender},
    time::{sleep, timeout},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{attempt::Attempt, recorder::FinishedAttempt, slots::LaneSlotPool};
use crate::{
    config::WorkerConfig,
    repo::queue::{
        claim::{self, ClaimCursor, ClaimRequest},
        claimed_test::ClaimedTest,
    },
    state::AppState,
};

/// The time between polls of the queue without a notification: finds what another instance queued.
const POLL: Duration = Duration::from_millis(500);

/// The time for running tests to finish once the process is asked to stop, and the time after that for
/// releasing the others.
const DRAIN: Duration = Duration::from_secs(10);
const RELEASE: Duration = Duration::from_secs(2);

/// The most time that the job takes to end.
pub const DRAIN_TIME: Duration = DRAIN.saturating_add(RELEASE);

/// Claims tests and runs them.
struct Worker {
    state: AppState,
    config: WorkerConfig,
    slots: LaneSlotPool,
}

/// Runs tests until `shutdown`, then lets those under way finish, within a bound, and releases the rest to the
/// queue.
pub async fn run_tests(
    (state, config): (AppState, WorkerConfig),
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    // Holds at most one for each slot: a slot is free again once its outcome is written.
    let (outcomes, finished) = mpsc::unbounded_channel();
    let recording = recorder::run(state.clone(), finished);
    let worker = Worker { slots: LaneSlotPool::new(&config.lanes), state, config };
    // Recording ends once all is written. A test that cannot be, with the database away, loses its lease.
    join!(worker.run(outcomes, shutdown), recording);
    Ok(())
}

impl Worker {
    async fn run(self, outcomes: UnboundedSender<FinishedAttempt>, shutdown: CancellationToken) {
        let tasks = TaskTracker::new();
        let abandon = CancellationToken::new();
        let mut cursor = ClaimCursor::new();
        while !shutdown.is_cancelled() {
            for test in self.claim(&mut cursor).await {
                // There is one, as nobody else takes any.
                let Some(slot) = self.slots.take(&test.lane()) else { continue };
                let live = self.state.live_attempts.start(test.claim);
                let attempt = Attempt {
                    state: self.state.clone(),
                    test,
                    live,
                    slot,
                    outcomes: outcomes.clone(),
                };
                tasks.spawn(attempt.run(abandon.clone()));
            }
            // Not every user was considered, and there may be slots yet.
            if cursor.keys().any(|lane| self.slots.has_free(lane)) {
                continue;
            }
            tokio::select! {
                () = self.state.queued.notified() => {}
                () = sleep(POLL) => {}
                () = shutdown.cancelled() => {}
            }
        }
        tasks.close();
        if timeout(DRAIN, tasks.wait()).await.is_err() {
            tracing::warn!(left = tasks.len(), "tests still running after {DRAIN:?}: released");
            abandon.cancel();
        }
    }

    async fn claim(&self, cursor: &mut ClaimCursor) -> Vec<ClaimedTest> {
        let free = self.slots.free();
        if free.is_empty() {
            return Vec::new();
        }
        let request = ClaimRequest {
            free,
            user_concurrency: self.config.user_concurrency,
            lease: self.config.lease,
        };
        let claimed = async {
            let mut tx = self.state.pool.begin().await?;
            let tests = claim::claim(&mut tx, &request, cursor).await?;
            tx.commit().await?;
            Ok(tests)
        };
        let claimed: sqlx::Result<Vec<ClaimedTest>> = claimed.await;
        match claimed {
            Ok(tests) => tests,
            Err(error) => {
                tracing::warn!("the queue cannot be read: {error}");
                cursor.clear();
                Vec::new()
            }
        }
    }
}
