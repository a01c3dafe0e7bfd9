//! Background work, started from one list.

mod close_days;
mod consume_events;
mod create_partitions;
mod delete_old_minutes;
mod drop_old_months;
mod forward_dead_letters;
mod merge_deltas;
mod poll_live_stats;
mod rebuild_rollups;

use std::{sync::Arc, time::Duration};

use events::{
    Producer,
    jobs::{create_topics, flush_events},
    producer::KafkaConfig,
};
use service_kit::Job;
use sqlx::PgPool;
use tokio::sync::Notify;

use close_days::close_days;
use consume_events::{Ingest, consume_events};
use create_partitions::create_partitions;
use delete_old_minutes::delete_old_minutes;
use drop_old_months::drop_old_months;
use forward_dead_letters::{Forwarding, forward_dead_letters};
use merge_deltas::merge_deltas;
use poll_live_stats::poll_live_stats;
use rebuild_rollups::rebuild_rollups;

use crate::service::live::LiveStats;

const SECOND: Duration = Duration::from_secs(1);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// Returns every job of the service.
pub fn all(
    pool: &PgPool,
    producer: &Arc<Producer>,
    live: &Arc<LiveStats>,
    kafka: &KafkaConfig,
    retention_days: u16,
) -> Vec<Job> {
    let refused: Arc<Notify> = Arc::default();
    let ingest = Ingest { pool: pool.clone(), retention_days, refused: refused.clone() };
    let forwarding = Forwarding { pool: pool.clone(), producer: producer.clone() };
    vec![
        create_topics(kafka),
        Job::long_running("consume_events", (kafka.clone(), ingest), consume_events)
            .restarted_after(Duration::from_secs(1))
            // Enough for a statement under way, and the last offsets.
            .finishes_within(Duration::from_secs(15)),
        // Also without a notification: another instance may have left some, and those that could not be
        // sent are due again.
        Job::every(
            "forward_dead_letters",
            Duration::from_secs(2),
            forwarding,
            forward_dead_letters,
        )
        .woken_by(refused)
        .pause_after_error(Duration::from_secs(1)),
        Job::every("create_partitions", DAY, pool.clone(), create_partitions)
            .pause_after_error(Duration::from_secs(30)),
        Job::every("merge_deltas", SECOND, pool.clone(), merge_deltas),
        Job::every("close_days", 2 * SECOND, pool.clone(), close_days),
        Job::once("rebuild_rollups", pool.clone(), rebuild_rollups)
            .pause_after_error(Duration::from_secs(5)),
        Job::every("drop_old_months", HOUR, (pool.clone(), retention_days), drop_old_months)
            .pause_after_error(Duration::from_secs(30)),
        Job::every("delete_old_minutes", HOUR, pool.clone(), delete_old_minutes)
            .pause_after_error(Duration::from_secs(30)),
        Job::long_running("poll_live_stats", (pool.clone(), live.clone()), poll_live_stats)
            .restarted_after(Duration::from_secs(1)),
        flush_events(producer),
    ]
}
