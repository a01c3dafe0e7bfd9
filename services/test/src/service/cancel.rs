use auth::Identity;
use ids::TestId;

use crate::{
    domain::{Test, TestStatus},
    error::ServiceError,
    repo::{queue, tests},
    state::AppState,
};

/// Cancels a test of the caller's; one that is cancelled already stays so. What it would have answered
/// is never written from here on. Here the provider's request is dropped at once; another instance finds
/// out by its next sign of life.
pub async fn cancel(state: &AppState, caller: &Identity, id: TestId) -> Result<Test, ServiceError> {
    let cancelled = queue::cancel(&state.pool, id, caller.id).await?;
    if cancelled {
        state.hub.stop(id);
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
