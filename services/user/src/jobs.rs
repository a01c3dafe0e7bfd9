//! Background work, started from one list.

mod delete_expired_rows;
mod ensure_first_admin;
mod feed_revocations;
mod follow_changes;
mod follow_signing_keys;
mod forget_deleted_accounts;

use std::{sync::Arc, time::Duration};

use events::{
    Producer,
    jobs::{create_topics, flush_events, measure_outbox, relay_outbox},
    producer::KafkaConfig,
};
use service_kit::Job;

use crate::{domain::FirstAdmin, state::AppState};
use delete_expired_rows::delete_expired_rows;
use ensure_first_admin::ensure_first_admin;
use feed_revocations::feed_revocations;
use follow_changes::follow_changes;
use follow_signing_keys::follow_signing_keys;
use forget_deleted_accounts::forget_deleted_accounts;

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
        measure_outbox(&state.pool),
        flush_events(producer),
        Job::long_running("follow_signing_keys", state.keys.clone(), follow_signing_keys)
            .restarted_after(Duration::from_secs(1)),
        Job::long_running(
            "follow_changes",
            (state.pool.clone(), state.answer_cache.clone()),
            follow_changes,
        )
        .restarted_after(Duration::from_secs(1)),
        Job::long_running("feed_revocations", state.clone(), feed_revocations)
            .restarted_after(Duration::from_secs(1)),
        // Every two seconds for deletions that are due again, or that another instance left.
        Job::every(
            "forget_deleted_accounts",
            Duration::from_secs(2),
            state.clone(),
            forget_deleted_accounts,
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
