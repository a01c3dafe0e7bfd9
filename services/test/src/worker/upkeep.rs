//! What is done now and then: signs of life, text for listeners elsewhere, clearing up, and gauges.

use std::time::Duration;

use tokio::time::{MissedTickBehavior, interval};

use super::MAX_TRIES;
use crate::{
    repo::{limits, queue, streams},
    state::AppState,
};

const GIVEN_UP: &str = "The test was begun 3 times without coming to an end, and is given up.";

const UNSERVED: &str = "The provider could not answer: there is no such endpoint any more.";

/// Signs of life are this far apart, or a third of the lease where that is shorter. It is also by them
/// that a test which was cancelled at another instance is found out.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);

/// Answers that take longer are stored as they come, this often.
const STORE: Duration = Duration::from_millis(200);

const GAUGES: Duration = Duration::from_secs(15);
const CLEAR: Duration = Duration::from_secs(60);
const CLEAR_DAYS: Duration = Duration::from_secs(3600);

/// For ever. Each part has a pace of its own: none waits for another.
pub async fn run(state: AppState, lease: Duration) {
    let sign_of_life = SIGN_OF_LIFE.min(lease / 3);
    let every = |period: Duration| {
        let mut ticks = interval(period);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks
    };
    let leases = async {
        let mut ticks = every(sign_of_life);
        loop {
            ticks.tick().await;
            match extend(&state, lease).await {
                Ok(()) => complain("leases not looked through", take_back(&state).await),
                // The database was away, perhaps for longer than a lease: then ours have lapsed, and
                // are not to be taken for those of the dead before they were given a sign of life.
                Err(error) => complain("leases not extended", Err(error)),
            }
        }
    };
    let text = async {
        let mut ticks = every(STORE);
        loop {
            ticks.tick().await;
            complain("text not stored", store(&state).await);
        }
    };
    let rest = async {
        let (mut gauges, mut clear, mut days) = (every(GAUGES), every(CLEAR), every(CLEAR_DAYS));
        loop {
            tokio::select! {
                _ = gauges.tick() => complain("queue not measured", measure(&state).await),
                _ = clear.tick() => {
                    complain("streams not cleared", streams::forget_ended(&state.pool).await);
                    complain("queue not looked through", fail_unserved(&state).await);
                }
                _ = days.tick() => {
                    complain("old days not cleared", limits::forget_old_days(&state.pool).await);
                }
            }
        }
    };
    tokio::join!(leases, text, rest);
}

fn complain(what: &str, outcome: sqlx::Result<()>) {
    if let Err(error) = outcome {
        tracing::warn!("{what}: {error}");
    }
}

async fn extend(state: &AppState, lease: Duration) -> sqlx::Result<()> {
    let claims = state.hub.claims();
    if claims.is_empty() {
        return Ok(());
    }
    for claim in queue::extend(&state.pool, &claims, lease).await? {
        tracing::info!(test = %claim.id, attempt = claim.attempt, "not ours any more");
        state.hub.stop_claim(claim);
    }
    Ok(())
}

async fn take_back(state: &AppState) -> sqlx::Result<()> {
    for id in queue::take_back(&state.pool, MAX_TRIES, GIVEN_UP).await? {
        tracing::error!(test = %id, "interrupted too often");
        metrics::counter!("tests_given_up_total").increment(1);
        let _ = state.ended.send(id);
    }
    Ok(())
}

async fn fail_unserved(state: &AppState) -> sqlx::Result<()> {
    let endpoints = state.providers.endpoints().iter().map(|endpoint| endpoint.name.clone());
    let endpoints: Vec<String> = endpoints.collect();
    for id in queue::fail_unserved(&state.pool, &endpoints, UNSERVED).await? {
        tracing::warn!(test = %id, "its endpoint is gone");
        let _ = state.ended.send(id);
    }
    Ok(())
}

async fn store(state: &AppState) -> sqlx::Result<()> {
    let (runs, pieces): (Vec<_>, Vec<_>) = state.hub.unstored(STORE).into_iter().unzip();
    if pieces.is_empty() {
        return Ok(());
    }
    streams::store(&state.pool, &pieces).await?;
    for (run, piece) in runs.iter().zip(&pieces) {
        run.set_stored(piece);
    }
    Ok(())
}

async fn measure(state: &AppState) -> sqlx::Result<()> {
    let depth = queue::depth(&state.pool).await?;
    metrics::gauge!("tests_waiting").set(depth.waiting as f64);
    metrics::gauge!("tests_running").set(depth.running as f64);
    metrics::gauge!("tests_oldest_waiting_seconds").set(depth.oldest_seconds);
    Ok(())
}
