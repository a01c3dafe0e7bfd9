//! How far events have been applied.

use events::{consumer::PartitionPosition, topics};
use timestamp::Timestamp;

use crate::{
    domain::DeadLetterFilter,
    error::ServiceError,
    repo::{applied_seconds, dead_letters},
    state::AppState,
};

/// The consumer group: instances of the service share the work as its members.
pub const CONSUMER_GROUP: &str = "analytics";

/// The full seconds of which the rate is the mean.
const RATE_SECONDS: i32 = 10;

/// The state of the pipeline, whichever instance does the work.
pub struct Pipeline {
    pub partitions: Vec<PartitionPosition>,
    pub events_per_second: f64,
    pub last_event_at: Option<Timestamp>,
    pub dead_letters: i64,
}

/// Returns how far events have been applied.
pub async fn get(state: &AppState) -> Result<Pipeline, ServiceError> {
    let filter = DeadLetterFilter::default();
    // The broker is what takes long.
    let (mut partitions, rate, dead_letters) = tokio::try_join!(
        async { Ok::<_, ServiceError>(state.positions.read(&topics::TOPICS).await?) },
        async { Ok(applied_seconds::rate(&state.pool, RATE_SECONDS).await?) },
        async { Ok(dead_letters::count(&state.pool, &filter).await?) },
    )?;
    partitions.sort_by(|a, b| (&a.topic, a.partition).cmp(&(&b.topic, b.partition)));
    Ok(Pipeline {
        partitions,
        events_per_second: rate.events_per_second,
        last_event_at: rate.last_at,
        dead_letters,
    })
}
