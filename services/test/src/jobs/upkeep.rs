//! Periodic work beside the running tests: leases, text for listeners elsewhere, cleaning up, and gauges.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use crate::{
    domain::MAX_ATTEMPTS,
    repo::{daily_limits, queue::lease, streams},
    state::AppState,
};

const GIVEN_UP: &str = "The test was begun 3 times without coming to an end, and is given up.";

const UNSERVED: &str = "The provider could not answer: there is no such endpoint any more.";

/// The time between extensions of the leases, unless a third of the lease is shorter. They also find the tests
/// that were cancelled at another instance.
const EXTEND_PERIOD: Duration = Duration::from_secs(1);

/// The time between storing the text of answers, and the age from which they are stored.
const STORE_PERIOD: Duration = Duration::from_millis(200);

const GAUGE_PERIOD: Duration = Duration::from_secs(15);
const CLEAN_PERIOD: Duration = Duration::from_secs(60);
const CLEAN_DAYS_PERIOD: Duration = Duration::from_secs(3600);

/// Runs for ever. Each part has a pace of its own: none waits for another.
pub async fn run(state: AppState, lease: Duration) {
    let extend_period = EXTEND_PERIOD.min(lease / 3);
    let every = |period: Duration| {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let leases = async {
        let mut ticks = every(extend_period);
        loop {
            ticks.tick().await;
            match extend(&state, lease).await {
                Ok(()) => log_error("leases not checked", requeue_expired(&state).await),
                // The database was away, perhaps for longer than a lease: then ours have expired, and
                // must be extended before any are taken for those of the dead.
                Err(error) => log_error("leases not extended", Err(error)),
            }
        }
    };
    let text = async {
        let mut ticks = every(STORE_PERIOD);
        loop {
            ticks.tick().await;
            log_error("text not stored", store(&state).await);
        }
    };
    let rest = async {
        let (mut gauges, mut clear, mut days) =
            (every(GAUGE_PERIOD), every(CLEAN_PERIOD), every(CLEAN_DAYS_PERIOD));
        loop {
            tokio::select! {
                _ = gauges.tick() => log_error("queue not measured", measure(&state).await),
                _ = clear.tick() => {
                    log_error("streams not cleared", streams::delete_ended(&state.pool).await);
                    log_error("queue not looked through", fail_unserved(&state).await);
                }
                _ = days.tick() => {
                    log_error("old days not cleared", daily_limits::delete_old_days(&state.pool).await);
                }
            }
        }
    };
    tokio::join!(leases, text, rest);
}

fn log_error(what: &str, outcome: sqlx::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!("{what}: {error}");
    }
}

async fn extend(state: &AppState, lease: Duration) -> sqlx::Result<()> {
    let claims = state.live_attempts.claims();
    if claims.is_empty() {
        return Ok(());
    }
    for claim in lease::extend_leases(&state.pool, &claims, lease).await? {
        tracing::info!(test = %claim.id, attempt = claim.attempt, "claimed by another process, or cancelled");
        state.live_attempts.stop_claim(claim);
    }
    Ok(())
}

async fn requeue_expired(state: &AppState) -> sqlx::Result<()> {
    for id in lease::requeue_expired(&state.pool, MAX_ATTEMPTS, GIVEN_UP).await? {
        tracing::error!(test = %id, "interrupted too often");
        metrics::counter!("tests_given_up_total").increment(1);
        let _ = state.ended.send(id);
    }
    Ok(())
}

async fn fail_unserved(state: &AppState) -> sqlx::Result<()> {
    let endpoints = state.providers.endpoints().iter().map(|endpoint| endpoint.name.clone());
    let endpoints: Vec<String> = endpoints.collect();
    for id in lease::fail_unserved(&state.pool, &endpoints, UNSERVED).await? {
        tracing::warn!(test = %id, "its endpoint is gone");
        let _ = state.ended.send(id);
    }
    Ok(())
}

async fn store(state: &AppState) -> sqlx::Result<()> {
    let (attempts, chunks): (Vec<_>, Vec<_>) =
        state.live_attempts.unstored(STORE_PERIOD).into_iter().unzip();
    if chunks.is_empty() {
        return Ok(());
    }
    streams::store(&state.pool, &chunks).await?;
    for (attempt, chunk) in attempts.iter().zip(&chunks) {
        attempt.set_stored(chunk);
    }
    Ok(())
}

async fn measure(state: &AppState) -> sqlx::Result<()> {
    let depth = lease::depth(&state.pool).await?;
    metrics::gauge!("tests_waiting").set(depth.waiting as f64);
    metrics::gauge!("tests_running").set(depth.running as f64);
    metrics::gauge!("tests_oldest_waiting_seconds").set(depth.oldest_seconds);
    Ok(())
}
