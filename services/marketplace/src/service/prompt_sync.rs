//! Pushes what the prompt service has to know: which prompts are premium, and which licences are
//! valid. Each change enqueues its subject in its own transaction, and the subject is pushed until the
//! prompt service has its newest revision.

use std::time::Duration;

use metrics::{counter, gauge};
use tokio::time::timeout;
use uuid::Uuid;

use super::batch;
use crate::{domain::SyncSubject, error::ServiceError, repo::prompt_sync, state::AppState};

/// The longest that a response waits for its change to reach the prompt service.
const PUSH_NOW_TIMEOUT: Duration = Duration::from_secs(1);

/// The number of subjects that one round pushes, and how many of them at once.
const ROUND: i64 = 200;
const CONCURRENCY: usize = 8;

/// The highest value of the gauge of waiting subjects.
const MAX_COUNTED: i64 = 100_000;

/// Pushes a change that has just been committed, so that it normally holds when the response is sent.
/// A push that fails is left to the job.
pub async fn push_now(state: &AppState, subject: SyncSubject) {
    let id = subject.id();
    match timeout(PUSH_NOW_TIMEOUT, push(state, id)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(subject = %id, "pushed later: {error:#}"),
        Err(_) => tracing::warn!(subject = %id, "pushed later: no answer in {PUSH_NOW_TIMEOUT:?}"),
    }
}

/// Pushes the subjects that are due, and returns how many succeeded.
pub async fn push_due(state: &AppState) -> Result<usize, ServiceError> {
    let due = prompt_sync::claim(&state.pool, state.sync_retry, ROUND).await?;
    let pushed = batch::count_successes(due, CONCURRENCY, |subject| async move {
        push(state, subject).await.inspect_err(
            |error| tracing::warn!(%subject, "cannot push to the prompt service: {error:#}"),
        )
    })
    .await;
    let waiting = prompt_sync::count_waiting(&state.pool, MAX_COUNTED).await?;
    gauge!("prompt_steps_waiting").set(waiting as f64);
    Ok(pushed)
}

async fn push(state: &AppState, subject: Uuid) -> Result<(), ServiceError> {
    // A change after this line gets a higher revision and a push of its own. The prompt service keeps
    // the highest revision, so the two may arrive in any order.
    let Some(message) = prompt_sync::load_message(&state.pool, subject).await? else {
        return Ok(());
    };
    let result = match state.prompt_service.push(&message).await.map_err(ServiceError::from) {
        Ok(()) => "delivered",
        // The prompt was deleted: nothing is left to keep in sync.
        Err(ServiceError::PromptNotFound) => "gone",
        Err(error) => {
            counter!("prompt_steps_total", "result" => "failed").increment(1);
            return Err(error);
        }
    };
    prompt_sync::mark_delivered(&state.pool, subject, message.revision).await?;
    counter!("prompt_steps_total", "result" => result).increment(1);
    Ok(())
}
