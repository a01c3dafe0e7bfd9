use std::time::Duration;

use auth::Identity;
use futures_util::future::join_all;
use ids::TestId;
use tokio::time::timeout;

use crate::{
    domain::{Test, TestStatus},
    error::ServiceError,
    repo::{queue, tests},
    state::AppState,
};

/// The longest wait for a stopped attempt to write what it has heard.
const SETTLE: Duration = Duration::from_secs(2);

/// Cancels a test of the caller's; one that is cancelled already stays so. What has come of its answer is
/// kept, and nothing that comes after. Here the provider's request is dropped at once; another instance
/// finds out by its next sign of life.
pub async fn cancel(state: &AppState, caller: &Identity, id: TestId) -> Result<Test, ServiceError> {
    let cancelled = queue::cancel(&state.pool, id, caller.id).await?;
    if cancelled {
        stop_attempts(state, &[id]).await;
        // An error only says that nobody is waiting for a test.
        let _ = state.ended.send(id);
        tracing::info!(test = %id, "cancelled");
        metrics::counter!("tests_cancelled_total").increment(1);
    }
    let test = tests::find_visible(&state.pool, id, caller.id, caller.is_admin())
        .await?
        .ok_or(ServiceError::TestNotFound)?;
    match test.status {
        _ if test.user_id != caller.id => Err(ServiceError::NotYourTest),
        TestStatus::Cancelled => Ok(test),
        _ => Err(ServiceError::TestOver),
    }
}

/// Stops what runs here of these tests, and waits until what was heard of their answers is written.
pub async fn stop_attempts(state: &AppState, tests: &[TestId]) {
    let runs: Vec<_> = tests.iter().filter_map(|id| state.hub.stop(*id)).collect();
    // The tests are cancelled whether or not that is written in time.
    let _ = timeout(SETTLE, join_all(runs.iter().map(|run| run.over()))).await;
}
