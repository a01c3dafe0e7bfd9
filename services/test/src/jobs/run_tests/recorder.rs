//! Writes the outcomes of attempts: all that end while one batch is being written are the next one, so that a
//! busy worker pays for few commits and an idle one waits for none.

use std::{collections::HashSet, sync::Arc, time::Duration};

use ids::TestId;
use model_client::ModelProvider;
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};

use super::slots::Slot;
use crate::{
    repo::{
        queue::{
            claimed_test::Claim,
            record::{self, Outcome},
        },
        streams,
    },
    service::live_attempts::LiveAttempt,
    state::AppState,
};

/// The most outcomes in one statement: few enough for milliseconds, whatever the length of the answers.
const BATCH: usize = 100;

/// The pause before an outcome is written again after an outage: its answer is paid for.
const RETRY_PAUSE: Duration = Duration::from_millis(100);

/// An attempt with its outcome, and its slot, which is free once the outcome is written.
pub struct FinishedAttempt {
    pub provider: ModelProvider,
    pub live: Arc<LiveAttempt>,
    pub slot: Slot,
    pub outcome: Outcome,
}

/// Runs until every sender is dropped.
pub async fn run(state: AppState, mut finished: UnboundedReceiver<FinishedAttempt>) {
    let mut batch = Vec::with_capacity(BATCH);
    while finished.recv_many(&mut batch, BATCH).await > 0 {
        match write(&state, &batch).await {
            Ok(written) => conclude(&state, &mut batch, &written).await,
            // An outcome that cannot be written must not take the others with it.
            Err(_) if batch.len() > 1 => {
                for one in std::mem::take(&mut batch) {
                    let mut alone = vec![one];
                    let written = write(&state, &alone).await.unwrap_or_default();
                    conclude(&state, &mut alone, &written).await;
                }
            }
            Err(_) => conclude(&state, &mut batch, &HashSet::new()).await,
        }
        batch.clear();
    }
}

/// Writes a batch, however long an outage of the database lasts, and returns the tests that were written.
///
/// # Errors
/// Every error of the database but an outage.
async fn write(state: &AppState, batch: &[FinishedAttempt]) -> sqlx::Result<HashSet<TestId>> {
    let outcomes: Vec<_> = batch.iter().map(|one| (one.live.claim, &one.outcome)).collect();
    loop {
        match record::record(&state.pool, &outcomes).await {
            Ok(written) => return Ok(written.into_iter().collect()),
            Err(error) if pg::is_outage(&error) => {
                tracing::warn!(tests = batch.len(), "results not written yet: {error}");
                sleep(RETRY_PAUSE).await;
            }
            Err(error) => {
                // The lease expires, and the test is claimed again.
                tracing::error!(tests = batch.len(), "results cannot be written: {error}");
                return Err(error);
            }
        }
    }
}

/// Notifies those who wait for the tests, and frees the slots.
async fn conclude(state: &AppState, batch: &mut Vec<FinishedAttempt>, written: &HashSet<TestId>) {
    let stored = batch.iter().filter(|one| one.live.is_stored()).map(|one| one.live.claim);
    let stored: Vec<Claim> = stored.collect();
    for FinishedAttempt { provider, live, slot, outcome } in batch.drain(..) {
        let claim = live.claim;
        let name = match written.contains(&claim.id) {
            true => outcome.name(),
            // Cancelled at the last moment, or the lease went to another process.
            false => "stopped",
        };
        tracing::info!(test = %claim.id, attempt = claim.attempt, outcome = name, "ran");
        metrics::counter!("test_attempts_total", "provider" => provider.to_string(), "outcome" => name)
            .increment(1);
        state.live_attempts.finish(&live);
        if !written.contains(&claim.id)
            && let Some(part) = outcome.part()
            && let Err(error) = record::store_partial_answer(&state.pool, claim, &part).await
        {
            tracing::warn!(test = %claim.id, "part of an answer is lost: {error}");
        }
        if outcome.is_end() {
            // An error only says that nobody is waiting for a test.
            let _ = state.ended.send(claim.id);
        }
        drop(slot);
    }
    state.queued.notify_one();
    delete_streams(state, &stored).await;
}

/// Deletes the stored text of attempts that are over; a job does it later where this fails.
pub async fn delete_streams(state: &AppState, over: &[Claim]) {
    if !over.is_empty()
        && let Err(error) = streams::delete(&state.pool, over).await
    {
        tracing::warn!("streams not deleted yet: {error}");
    }
}
