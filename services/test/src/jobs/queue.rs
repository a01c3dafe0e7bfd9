//! The upkeep of the queue: leases, text for listeners at other instances, cleaning up, and gauges.

use std::time::Duration;

use crate::{
    domain::MAX_ATTEMPTS,
    repo::{daily_limits, queue::lease, streams},
    state::AppState,
};

const GIVEN_UP: &str = "The test was begun 3 times without coming to an end, and is given up.";

const UNSERVED: &str = "The provider could not answer: there is no such endpoint any more.";

/// The time between storing the text of answers, and the age from which they are stored.
pub const STORE_PERIOD: Duration = Duration::from_millis(200);

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

/// Fails the tests that wait for an endpoint which the settings do not name any more.
pub async fn fail_unserved(state: AppState) -> sqlx::Result<()> {
    let endpoints = state.providers.endpoints().iter().map(|endpoint| endpoint.name.clone());
    let endpoints: Vec<String> = endpoints.collect();
    for id in lease::fail_unserved(&state.pool, &endpoints, UNSERVED).await? {
        tracing::warn!(test = %id, "its endpoint is gone");
        let _ = state.ended.send(id);
    }
    Ok(())
}

/// Stores the new text of answers that take long, for listeners at other instances.
pub async fn store_streams(state: AppState) -> sqlx::Result<()> {
    let unstored = state.live_attempts.unstored(STORE_PERIOD);
    let (attempts, chunks): (Vec<_>, Vec<_>) = unstored.into_iter().unzip();
    if chunks.is_empty() {
        return Ok(());
    }
    streams::store(&state.pool, &chunks).await?;
    for (attempt, chunk) in attempts.iter().zip(&chunks) {
        attempt.set_stored(chunk);
    }
    Ok(())
}

/// Deletes the text of attempts that are over.
pub async fn delete_ended_streams(state: AppState) -> sqlx::Result<()> {
    streams::delete_ended(&state.pool).await
}

/// Deletes the counts of days more than a week ago.
pub async fn delete_old_days(state: AppState) -> sqlx::Result<()> {
    daily_limits::delete_old_days(&state.pool).await
}

/// Sets the gauges of the queue.
pub async fn measure_queue(state: AppState) -> sqlx::Result<()> {
    let depth = lease::depth(&state.pool).await?;
    metrics::gauge!("tests_waiting").set(depth.waiting as f64);
    metrics::gauge!("tests_running").set(depth.running as f64);
    metrics::gauge!("tests_oldest_waiting_seconds").set(depth.oldest_seconds);
    Ok(())
}
