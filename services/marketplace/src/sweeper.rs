//! What is done behind requests, by any number of processes at the same time:
//!
//! - Settling purchases and refunds that were left open: by a crash, a lost connection, or a provider
//!   that did not answer in time. Forgetting old idempotency keys.
//! - Telling the prompt service what it could not be told at once.
//! - Renewing what listings copy of their prompts.

use std::time::Duration;

use tokio::{join, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{
    error::ServiceError,
    service::{answers, prompt_copies, purchase, refunds, steps},
    state::AppState,
};

/// Runs until `shutdown`. The first round starts at once, for what the last process left behind.
pub async fn run(state: AppState, shutdown: CancellationToken) {
    let work = async {
        join!(
            every(state.settle_every, "settle purchases", || settle(&state)),
            every(state.settle_every, "finish refunds", || finish(&state)),
            every(state.steps.retry, "tell the prompt service", || tell(&state)),
            every(state.ratings_age / 10, "renew copies of prompts", || renew(&state)),
        )
    };
    // Wherever a round is cut off, what it did is done whole or not at all.
    shutdown.run_until_cancelled(work).await;
}

async fn every<F: Future<Output = Result<(), ServiceError>>>(
    pause: Duration,
    what: &str,
    round: impl Fn() -> F,
) {
    loop {
        if let Err(error) = round().await {
            tracing::warn!("cannot {what}: {error:#}");
        }
        sleep(pause).await;
    }
}

async fn settle(state: &AppState) -> Result<(), ServiceError> {
    let settled = purchase::settle_overdue(state).await?;
    if settled > 0 {
        tracing::info!(settled, "settled pending purchases");
    }
    answers::forget_old(state).await?;
    Ok(())
}

async fn finish(state: &AppState) -> Result<(), ServiceError> {
    let finished = refunds::settle_overdue(state).await?;
    if finished > 0 {
        tracing::info!(finished, "finished refunds");
    }
    Ok(())
}

async fn tell(state: &AppState) -> Result<(), ServiceError> {
    steps::tell_due(state).await?;
    Ok(())
}

async fn renew(state: &AppState) -> Result<(), ServiceError> {
    while prompt_copies::renew_next(state).await? {}
    Ok(())
}
