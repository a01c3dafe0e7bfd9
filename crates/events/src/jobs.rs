//! The background jobs of a service that sends events.

use std::{sync::Arc, time::Duration};

use service_kit::Job;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    Producer,
    outbox::Relay,
    producer::{FLUSH_LIMIT, KafkaConfig},
    topics,
};

/// Returns the job that creates the topics that are missing. Until they are there, the outbox and the
/// producer's buffer hold events back.
pub fn create_topics(kafka: &KafkaConfig) -> Job {
    Job::once("create_topics", kafka.brokers.clone(), topics::create_missing)
        .pause_after_error(Duration::from_secs(1))
        .backing_off_to(Duration::from_secs(30))
}

/// Returns the job that sends what is in the outbox, at once after `wake` is notified. It ends the
/// process when the producer can send nothing more.
pub fn relay_outbox(pool: &PgPool, producer: &Arc<Producer>, wake: &Arc<Notify>) -> Job {
    let relay = Relay { pool: pool.clone(), producer: producer.clone(), wake: wake.clone() };
    Job::long_running(
        "relay_outbox",
        relay,
        |relay, shutdown| async move { relay.run(shutdown).await },
    )
}

/// Returns the job that sends what the producer has buffered, once nothing can add to it any more.
pub fn flush_events(producer: &Arc<Producer>) -> Job {
    Job::long_running("flush_events", producer.clone(), |producer, drained| async move {
        drained.cancelled().await;
        producer.flush(FLUSH_LIMIT).await;
        Ok(())
    })
    .until_drained()
    .finishes_within(2 * FLUSH_LIMIT)
}
