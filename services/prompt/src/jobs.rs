//! Background work, started from one list.

mod create_version_indexes;
mod flush_usage;
mod follow_changes;
mod follow_search_changes;
mod sum_up_names;
mod sweep_versions;
mod trim_search_changes;
mod write_likes;

use std::{path::PathBuf, time::Duration};

use events::{
    jobs::{create_topics, flush_events, measure_outbox, relay_outbox},
    producer::KafkaConfig,
};
use service_kit::Job;

use crate::{
    service::like_queue::QueuedLikes,
    state::{AppState, AppStateInner},
};
use create_version_indexes::create_version_indexes;
use flush_usage::flush_usage;
use follow_changes::follow_changes;
use follow_search_changes::{SearchFollower, follow_search_changes};
use sum_up_names::sum_up_names;
use sweep_versions::{VersionSweep, sweep_versions};
use trim_search_changes::trim_search_changes;
use write_likes::write_likes;

/// Returns every job of the service.
pub fn all(
    state: &AppState,
    likes: QueuedLikes,
    kafka: &KafkaConfig,
    search_dir: PathBuf,
) -> Vec<Job> {
    let AppStateInner {
        pool,
        versions,
        producer,
        outbox,
        usage_counter,
        prompt_cache,
        search_index,
        ..
    } = &**state;
    let sweep = VersionSweep { pool: pool.clone(), versions: versions.clone() };
    let counter = (usage_counter.clone(), pool.clone());
    let copies = (pool.clone(), prompt_cache.clone(), search_index.wake.clone());
    let follower = SearchFollower::new(pool.clone(), search_dir, search_index.clone());
    vec![
        create_topics(kafka),
        Job::once("create_version_indexes", versions.clone(), create_version_indexes)
            .pause_after_error(Duration::from_secs(2)),
        relay_outbox(pool, producer, outbox),
        measure_outbox(pool),
        // The period at which an instance checks whether a batch is due.
        Job::every("sweep_versions", Duration::from_secs(1), sweep, sweep_versions),
        // A count is behind by this much at most.
        Job::every("sum_up_names", Duration::from_secs(1), pool.clone(), sum_up_names),
        idempotency::delete_old_keys(pool),
        Job::long_running("follow_changes", copies, follow_changes)
            .restarted_after(Duration::from_secs(1)),
        // A lost notification is made up for by the next round.
        Job::every(
            "follow_search_changes",
            Duration::from_secs(1),
            follower,
            follow_search_changes,
        )
        .woken_by(search_index.wake.clone())
        .backing_off_to(Duration::from_secs(5)),
        Job::every(
            "trim_search_changes",
            Duration::from_secs(60),
            pool.clone(),
            trim_search_changes,
        ),
        // Requests that are drained still count views, and wait for their likes.
        Job::every("flush_usage", Duration::from_secs(1), counter, flush_usage).until_drained(),
        Job::long_running("write_likes", write_likes::state(pool, likes), write_likes)
            .restarted_after(Duration::from_secs(1))
            .until_drained(),
        flush_events(producer),
    ]
}
