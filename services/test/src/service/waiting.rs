//! Waits for tests to end.

use std::time::Duration;

use ids::TestId;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, sleep_until},
};

use crate::state::AppState;

/// The time between polls: another instance may end the test.
const POLL: Duration = Duration::from_millis(500);

/// Returns what `look` finds once `is_over`, or after `timeout`. It exists by now: an outage of the database
/// while we wait is no reason to tell the caller that the creation failed. `ended` must have been subscribed to
/// before the tests were queued, so that no end is missed.
pub async fn until_over<T, F: Future<Output = sqlx::Result<Option<T>>>>(
    state: &AppState,
    mut ended: broadcast::Receiver<TestId>,
    tests: &[TestId],
    timeout: Duration,
    mut thing: T,
    is_over: impl Fn(&T) -> bool,
    look: impl Fn() -> F,
) -> T {
    let deadline = Instant::now() + timeout;
    loop {
        let last_look = tokio::select! {
            () = ended_one_of(&mut ended, tests) => false,
            () = sleep(POLL) => false,
            () = sleep_until(deadline) => true,
            () = state.shutdown.cancelled() => true,
        };
        match look().await {
            Ok(Some(now)) => thing = now,
            Ok(None) => return thing,
            Err(error) => tracing::warn!("the tests that are waited for cannot be read: {error}"),
        }
        if last_look || is_over(&thing) {
            return thing;
        }
    }
}

async fn ended_one_of(ended: &mut broadcast::Receiver<TestId>, tests: &[TestId]) {
    // Having missed some is reason enough to look.
    while matches!(ended.recv().await, Ok(other) if !tests.contains(&other)) {}
}
