//! Background work, started from one list.

mod first_admin;
mod forget_accounts;
mod revocation_feed;
mod sweep;

use std::{sync::Arc, time::Duration};

use auth::SigningKeys;
use events::{
    Producer,
    jobs::{create_topics, flush_events, relay_outbox},
    producer::KafkaConfig,
};
use service_kit::Job;
use tokio_util::sync::CancellationToken;

use crate::{domain::FirstAdmin, state::AppState};
use first_admin::ensure_first_admin;
use forget_accounts::forget_deleted_account;
use revocation_feed::feed_revocations;
use sweep::delete_expired_rows;

/// Returns every job of the service. `first_admin` is the administrator that settings name.
pub fn all(
    state: &AppState,
    producer: &Arc<Producer>,
    kafka: &KafkaConfig,
    first_admin: Option<FirstAdmin>,
) -> Vec<Job> {
    let mut jobs = vec![
        create_topics(kafka),
        relay_outbox(&state.pool, producer, &state.outbox),
        flush_events(producer),
        Job::long_running("follow_signing_keys", state.keys.clone(), follow_signing_keys)
            .restarted_after(Duration::from_secs(1)),
        Job::long_running("feed_revocations", state.clone(), feed_revocations)
            .restarted_after(Duration::from_secs(1)),
        // Every two seconds for deletions that are due again, or that another instance left.
        Job::every(
            "forget_deleted_accounts",
            Duration::from_secs(2),
            state.clone(),
            forget_deleted_account,
        )
        .woken_by(state.deletions.clone()),
        Job::every(
            "delete_expired_rows",
            Duration::from_secs(10 * 60),
            state.pool.clone(),
            delete_expired_rows,
        ),
    ];
    if let Some(admin) = first_admin {
        let state = (state.clone(), Arc::new(admin));
        jobs.push(
            Job::once("ensure_first_admin", state, ensure_first_admin)
                .pause_after_error(Duration::from_secs(2)),
        );
    }
    jobs
}

/// Follows the file of signing keys until the process stops.
async fn follow_signing_keys(
    keys: Arc<SigningKeys>,
    stop: CancellationToken,
) -> anyhow::Result<()> {
    stop.run_until_cancelled(keys.follow_file()).await;
    Ok(())
}
