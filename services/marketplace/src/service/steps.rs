//! Telling the prompt service what it has to know: which prompts are premium, and which licences
//! stand. Each step is a row in the transaction of its cause, and is told until it is known to hold.

use std::time::Duration;

use futures_util::{StreamExt, stream};
use metrics::{counter, gauge};
use tokio::time::timeout;
use uuid::Uuid;

use crate::{domain::Subject, error::ServiceError, repo::steps, state::AppState};

/// How long an answer waits for what it has changed to hold elsewhere too.
const PATIENCE: Duration = Duration::from_secs(1);

/// How many steps are taken in one round, and at once.
const ROUND: i64 = 200;
const AT_ONCE: usize = 8;

/// The gauge of waiting steps goes no further.
const COUNTED: i64 = 100_000;

/// Tells at once what has just been committed, so that it normally holds when the answer is sent.
/// What cannot be told now is told later.
pub async fn tell_now(state: &AppState, subject: Subject) {
    match timeout(PATIENCE, tell(state, subject.id())).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::warn!(subject = %subject.id(), "told later: {error:#}"),
        Err(_) => tracing::warn!(subject = %subject.id(), "told later: no answer in {PATIENCE:?}"),
    }
}

/// Takes the steps that are due, and tells how many were told. One that cannot be told does not hold
/// up the others.
pub async fn tell_due(state: &AppState) -> Result<usize, ServiceError> {
    let due = steps::claim(&state.pool, state.steps.retry, ROUND).await?;
    let told = stream::iter(due)
        .map(|subject| async move {
            match tell(state, subject).await {
                Ok(()) => 1,
                Err(error) => {
                    tracing::warn!(%subject, "cannot tell the prompt service: {error:#}");
                    0
                }
            }
        })
        .buffer_unordered(AT_ONCE)
        .fold(0, async |sum, one| sum + one)
        .await;
    gauge!("prompt_steps_waiting").set(steps::waiting(&state.pool, COUNTED).await? as f64);
    Ok(told)
}

async fn tell(state: &AppState, subject: Uuid) -> Result<(), ServiceError> {
    // Whatever changes after this is another revision, and told after this one or in its place: the
    // prompt service keeps to the highest.
    let Some(telling) = steps::load(&state.pool, subject).await? else { return Ok(()) };
    let result = match state.prompt_service.push(&telling).await.map_err(ServiceError::from) {
        Ok(()) => "delivered",
        // The prompt was deleted: there is nothing to keep in step.
        Err(ServiceError::PromptNotFound) => "gone",
        Err(error) => {
            counter!("prompt_steps_total", "result" => "failed").increment(1);
            return Err(error);
        }
    };
    steps::delivered(&state.pool, subject, telling.revision).await?;
    counter!("prompt_steps_total", "result" => result).increment(1);
    Ok(())
}
