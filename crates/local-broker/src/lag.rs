//! The lag of a consumer group, asked of the broker itself.

use std::time::Duration;

use anyhow::Context;
use events::topics;
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

/// Returns how many messages of the event topics a group has yet to consume. Asks the broker without
/// joining the group. Blocks.
///
/// # Errors
/// When the broker does not answer.
pub fn lag(address: &str, group: &str) -> anyhow::Result<i64> {
    let consumer: BaseConsumer = ClientConfig::new()
        .set("bootstrap.servers", address)
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .create()?;
    let committed = consumer.committed_offsets(partitions(), ANSWER).context("no offsets")?;
    let mut lag = 0;
    for partition in committed.elements() {
        let (low, high) =
            consumer.fetch_watermarks(partition.topic(), partition.partition(), ANSWER)?;
        let consumed = match partition.offset() {
            Offset::Offset(offset) => offset.max(low),
            // Nothing is committed yet.
            _ => low,
        };
        lag += (high - consumed).max(0);
    }
    Ok(lag)
}

/// Returns the partitions of all event topics.
pub(crate) fn partitions() -> TopicPartitionList {
    let mut partitions = TopicPartitionList::new();
    for topic in topics::TOPICS {
        partitions.add_partition_range(topic, 0, topics::PARTITIONS - 1);
    }
    partitions
}

/// The time within which the broker must answer.
pub(crate) const ANSWER: Duration = Duration::from_secs(5);
