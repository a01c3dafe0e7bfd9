//! The background jobs of a service that sends events.

use std::{sync::Arc, time::Duration};

use service_kit::Job;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    Producer,
    outbox::{self, Relay},
    producer::{FLUSH_LIMIT, KafkaConfig},
    topics::TopicCreator,
};

/// The time within which missing topics are noticed. One small request.
const TOPICS_PERIOD: Duration = Duration::from_secs(2);

/// The time between readings of the outbox's depth.
const MEASURE_PERIOD: Duration = Duration::from_secs(5);

/// Returns the job that creates the topics that are missing, and again when they are found missing later:
/// a broker may be replaced by an empty one. Until they are there, the outbox and the producer's buffer
/// hold events back.
pub fn create_topics(kafka: &KafkaConfig) -> Job {
    let creator = TopicCreator::new(kafka);
    Job::every("create_topics", TOPICS_PERIOD, creator, TopicCreator::create_missing)
        .pause_after_error(Duration::from_secs(1))
}

/// Returns the job that sends what is in the outbox, soon after `wake` is notified.
pub fn relay_outbox(pool: &PgPool, producer: &Arc<Producer>, wake: &Arc<Notify>) -> Job {
    let relay = Relay { pool: pool.clone(), producer: producer.clone(), wake: wake.clone() };
    Job::long_running(
        "relay_outbox",
        relay,
        |relay, shutdown| async move { relay.run(shutdown).await },
    )
}

/// Returns the job that sets the gauges `outbox_depth` and `outbox_oldest_age_seconds`.
pub fn measure_outbox(pool: &PgPool) -> Job {
    Job::every("measure_outbox", MEASURE_PERIOD, pool.clone(), outbox::measure)
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
