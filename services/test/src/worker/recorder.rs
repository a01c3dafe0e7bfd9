//! Writes down what became of attempts: whatever came while the last batch was being written is the
//! next one, so that a busy worker pays for few commits and an idle one waits for none.

use std::{collections::HashSet, sync::Arc, time::Duration};

use ids::TestId;
use model_client::ModelProvider;
use tokio::{sync::mpsc::UnboundedReceiver, time::sleep};

use super::slots::Slot;
use crate::{
    hub::Run,
    repo::{
        queue::{
            Claim,
            record::{self, Outcome},
        },
        streams,
    },
    state::AppState,
};

/// Written in one statement: few enough to be a matter of milliseconds, whatever the answers' length.
const BATCH: usize = 100;

/// After the database refused a result: it is paid for, so it is offered again.
const AGAIN: Duration = Duration::from_millis(100);

/// An attempt that has come to an end, and its slot, which is free once that is written.
pub struct Ended {
    pub provider: ModelProvider,
    pub run: Arc<Run>,
    pub slot: Slot,
    pub outcome: Outcome,
}

/// Until no attempt is left that could end.
pub async fn run(state: AppState, mut ended: UnboundedReceiver<Ended>) {
    let mut batch = Vec::with_capacity(BATCH);
    while ended.recv_many(&mut batch, BATCH).await > 0 {
        match write(&state, &batch).await {
            Ok(written) => conclude(&state, &mut batch, &written).await,
            // One that cannot be written must not take the others with it.
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

/// Writes a batch, however long the database takes to come back, and returns what was written.
///
/// # Errors
/// When it cannot be written by asking again.
async fn write(state: &AppState, batch: &[Ended]) -> sqlx::Result<HashSet<TestId>> {
    let outcomes: Vec<_> = batch.iter().map(|one| (one.run.claim, &one.outcome)).collect();
    loop {
        match record::record(&state.pool, &outcomes).await {
            Ok(written) => return Ok(written.into_iter().collect()),
            Err(error) if pg::is_outage(&error) => {
                tracing::warn!(tests = batch.len(), "results not written yet: {error}");
                sleep(AGAIN).await;
            }
            Err(error) => {
                // The lease runs out, and the test is begun anew.
                tracing::error!(tests = batch.len(), "results cannot be written: {error}");
                return Err(error);
            }
        }
    }
}

/// Tells everyone who waits for it, and frees the slots.
async fn conclude(state: &AppState, batch: &mut Vec<Ended>, written: &HashSet<TestId>) {
    let stored = batch.iter().filter(|one| one.run.is_stored()).map(|one| one.run.claim);
    let stored: Vec<Claim> = stored.collect();
    for Ended { provider, run, slot, outcome } in batch.drain(..) {
        let claim = run.claim;
        let name = match written.contains(&claim.id) {
            true => outcome.name(),
            // Cancelled at the last moment, or the lease went to someone else.
            false => "stopped",
        };
        tracing::info!(test = %claim.id, attempt = claim.attempt, outcome = name, "ran");
        metrics::counter!("test_attempts_total", "provider" => provider.to_string(), "outcome" => name)
            .increment(1);
        state.hub.end(&run);
        if !written.contains(&claim.id)
            && let Some(part) = outcome.part()
            && let Err(error) = record::keep_part(&state.pool, claim, &part).await
        {
            tracing::warn!(test = %claim.id, "what came of an answer is lost: {error}");
        }
        if outcome.is_end() {
            // An error only says that nobody is waiting for a test.
            let _ = state.ended.send(claim.id);
        }
        drop(slot);
    }
    state.queued.notify_one();
    forget_text(state, &stored).await;
}

/// Removes the text that was stored of attempts that are over; upkeep does it later where this fails.
pub async fn forget_text(state: &AppState, over: &[Claim]) {
    if !over.is_empty()
        && let Err(error) = streams::forget(&state.pool, over).await
    {
        tracing::warn!("streams not cleared yet: {error}");
    }
}
