//! Settles purchases that were left pending: by a crash, a lost connection, or a provider that did
//! not answer in time.

use tokio_util::sync::CancellationToken;

use crate::{service::purchase, state::AppState};

/// Runs until `shutdown`. The first round starts at once, for what the last process left behind.
/// Any number of processes may do this at the same time.
pub async fn run(state: AppState, shutdown: CancellationToken) {
    let rounds = async {
        loop {
            match purchase::settle_overdue(&state).await {
                Ok(0) => {}
                Ok(settled) => tracing::info!(settled, "settled pending purchases"),
                Err(error) => tracing::warn!("cannot look for pending purchases: {error}"),
            }
            tokio::time::sleep(state.settle_every).await;
        }
    };
    // Wherever a round is cut off, the purchase stays pending or is settled whole.
    shutdown.run_until_cancelled(rounds).await;
}
