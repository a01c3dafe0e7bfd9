use std::time::Duration;

use crate::{domain::MAX_ATTEMPTS, repo::queue::lease, state::AppState};

const GIVEN_UP: &str = "The test was begun 3 times without coming to an end, and is given up.";

/// The state of [`extend_leases`].
#[derive(Clone)]
pub struct Leases {
    pub state: AppState,
    pub lease: Duration,
}

/// Extends the leases of this process, and then requeues the tests whose lease expired.
///
/// The order matters: after an outage of the database longer than a lease ours have expired, and must be
/// extended before any are taken for those of the dead.
pub async fn extend_leases(Leases { state, lease }: Leases) -> sqlx::Result<()> {
    let claims = state.live_attempts.claims();
    if !claims.is_empty() {
        for claim in lease::extend_leases(&state.pool, &claims, lease).await? {
            tracing::info!(test = %claim.id, attempt = claim.attempt, "not ours any more");
            state.live_attempts.stop_claim(claim);
        }
    }
    for id in lease::requeue_expired(&state.pool, MAX_ATTEMPTS, GIVEN_UP).await? {
        tracing::error!(test = %id, "interrupted too often");
        metrics::counter!("tests_given_up_total").increment(1);
        let _ = state.ended.send(id);
    }
    Ok(())
}
