//! Background jobs, which any number of processes may run at the same time.

mod delete_expired_keys;
mod push_prompt_sync;
mod refresh_prompt_copies;
mod settle_purchases;
mod settle_refunds;

use std::time::Duration;

use tokio::{join, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{error::ServiceError, state::AppState};

/// Runs all jobs until `shutdown`. The first round starts at once, for what the last process left open.
pub async fn run(state: AppState, shutdown: CancellationToken) {
    let (settle, sync) = (state.settle_every, state.sync_retry);
    let work = async {
        join!(
            every(settle, "settle purchases", || settle_purchases::run(&state)),
            every(settle, "settle refunds", || settle_refunds::run(&state)),
            every(settle, "delete expired keys", || delete_expired_keys::run(&state)),
            every(sync, "push to the prompt service", || push_prompt_sync::run(&state)),
            every(state.copy_refresh_period / 10, "refresh copies of prompts", || {
                refresh_prompt_copies::run(&state)
            }),
        )
    };
    // A round that is cut off leaves each of its steps done or not done.
    shutdown.run_until_cancelled(work).await;
}

async fn every<F: Future<Output = Result<(), ServiceError>>>(
    pause: Duration,
    name: &str,
    round: impl Fn() -> F,
) {
    loop {
        if let Err(error) = round().await {
            tracing::warn!("cannot {name}: {error:#}");
        }
        sleep(pause).await;
    }
}
