//! Waiting for tests to be over.

use std::time::Duration;

use ids::TestId;
use tokio::{
    sync::broadcast,
    time::{Instant, sleep, sleep_until},
};

use crate::state::AppState;

/// How often a waiting caller looks for itself: another instance may end the test.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// What `look` gives once `is_over`, or as it is when the patience is over. It exists by now: that the
/// database goes away while we wait is no reason to tell the caller that it failed. `ended` must have
/// been subscribed to before the tests were queued, so that no end is missed.
pub async fn until_over<T, F: Future<Output = sqlx::Result<Option<T>>>>(
    state: &AppState,
    mut ended: broadcast::Receiver<TestId>,
    tests: &[TestId],
    patience: Duration,
    mut thing: T,
    is_over: impl Fn(&T) -> bool,
    look: impl Fn() -> F,
) -> T {
    let deadline = Instant::now() + patience;
    loop {
        let last_look = tokio::select! {
            () = heard_of(&mut ended, tests) => false,
            () = sleep(LOOK_AGAIN) => false,
            () = sleep_until(deadline) => true,
            () = state.shutdown.cancelled() => true,
        };
        match look().await {
            Ok(Some(now)) => thing = now,
            Ok(None) => return thing,
            Err(error) => tracing::warn!("cannot look at what is waited for: {error}"),
        }
        if last_look || is_over(&thing) {
            return thing;
        }
    }
}

async fn heard_of(ended: &mut broadcast::Receiver<TestId>, tests: &[TestId]) {
    // Having missed some is reason enough to look.
    while matches!(ended.recv().await, Ok(other) if !tests.contains(&other)) {}
}
