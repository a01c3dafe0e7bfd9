//! [`GroupPositions`]: how far a group has read, whichever processes its members are in.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};
use tokio::task::spawn_blocking;

use crate::producer::KafkaConfig;

/// The longest time for which the broker is asked; it is away after that.
const LIMIT: Duration = Duration::from_secs(2);

/// The most unread offsets of a partition of which each is looked at.
const LOOKED_AT: i64 = 1000;

/// The longest time for which unread offsets are looked at.
const LOOKING: Duration = Duration::from_millis(500);

/// The position of a group in a partition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartitionPosition {
    pub topic: String,
    pub partition: i32,
    /// The offset of the message that is read next.
    pub position: i64,
    /// The offset that the next message to come will have.
    pub end: i64,
    /// The number of messages that are still to be read. Offsets without a message, such as the markers of
    /// transactions, do not count; where more than a thousand offsets are left, they do.
    pub lag: i64,
}

/// A client that asks for the positions of a group, and is no member of it.
pub struct GroupPositions {
    /// Present until it is dropped. Locked, since what is looked at is assigned to it.
    client: Option<Arc<Mutex<BaseConsumer>>>,
}

impl Drop for GroupPositions {
    /// Ends the client on a thread of its own: ending it joins its threads.
    fn drop(&mut self) {
        let client = self.client.take();
        let _ = thread::Builder::new().name("positions-end".to_owned()).spawn(move || drop(client));
    }
}

impl GroupPositions {
    /// Makes the client, without waiting for the broker.
    ///
    /// # Errors
    /// When the settings are refused.
    pub fn new(config: &KafkaConfig, group: &str) -> KafkaResult<Self> {
        let client = config
            .client()
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .set("enable.auto.offset.store", "false")
            .set("enable.partition.eof", "true")
            // The end of a partition is told by an answer without messages, for which a broker takes this
            // long.
            .set("fetch.wait.max.ms", "10")
            .create()?;
        Ok(Self { client: Some(Arc::new(Mutex::new(client))) })
    }

    /// Returns the position in each partition of the topics that there are.
    ///
    /// # Errors
    /// When the broker is away.
    pub async fn read(&self, topics: &[&str]) -> KafkaResult<Vec<PartitionPosition>> {
        let topics: Vec<String> = topics.iter().map(|topic| (*topic).to_owned()).collect();
        let Some(client) = self.client.clone() else { return Ok(Vec::new()) };
        let reading = spawn_blocking(move || {
            read(&client.lock().unwrap_or_else(PoisonError::into_inner), &topics)
        });
        reading.await.unwrap_or(Err(KafkaError::Canceled))
    }
}

fn read(client: &BaseConsumer, topics: &[String]) -> KafkaResult<Vec<PartitionPosition>> {
    let metadata = client.fetch_metadata(None, LIMIT)?;
    let mut partitions = TopicPartitionList::new();
    for topic in metadata.topics().iter().filter(|it| topics.iter().any(|name| name == it.name())) {
        for partition in topic.partitions() {
            partitions.add_partition(topic.name(), partition.id());
        }
    }
    if partitions.count() == 0 {
        return Ok(Vec::new());
    }
    // First the positions: what is read in between would put them past the ends.
    let committed = client.committed_offsets(partitions.clone(), LIMIT)?;
    let starts = log_offsets(client, partitions.clone(), Offset::Beginning)?;
    let ends = log_offsets(client, partitions, Offset::End)?;
    let mut positions = Vec::new();
    for element in committed.elements() {
        let (topic, partition) = (element.topic().to_owned(), element.partition());
        let key = (topic, partition);
        // A partition without a start or an end has none yet: it is being made.
        let (Some(start), Some(end)) = (starts.get(&key), ends.get(&key)) else { continue };
        let position = match element.offset() {
            // Retention may have cut the log beyond it, and a broker may have been replaced.
            Offset::Offset(offset) => offset.clamp(*start, *end.max(start)),
            _ => *start,
        };
        let (topic, partition) = key;
        positions.push(PartitionPosition {
            topic,
            partition,
            position,
            end: *end,
            lag: end - position,
        });
    }
    look_at_few(client, &mut positions)?;
    Ok(positions)
}

/// Returns the first or the next offset of each partition, with one request to each broker: asked for one
/// by one, eighteen partitions take most of the time of an answer.
fn log_offsets(
    client: &BaseConsumer,
    mut partitions: TopicPartitionList,
    which: Offset,
) -> KafkaResult<HashMap<(String, i32), i64>> {
    // A broker takes the numbers of `Beginning` and `End` in the place of a time for these two.
    partitions.set_all_offsets(which)?;
    let answered = client.offsets_for_times(partitions, LIMIT)?;
    let mut offsets = HashMap::new();
    for element in answered.elements() {
        element.error()?;
        if let Offset::Offset(offset) = element.offset() {
            offsets.insert((element.topic().to_owned(), element.partition()), offset);
        }
    }
    Ok(offsets)
}

/// Counts the messages of the partitions that have few unread offsets.
fn look_at_few(client: &BaseConsumer, positions: &mut [PartitionPosition]) -> KafkaResult<()> {
    let deadline = Instant::now() + LOOKING;
    // One topic at a time: the end of a partition comes without its topic.
    for of_topic in positions.chunk_by_mut(|one, other| one.topic == other.topic) {
        let mut few: Vec<&mut PartitionPosition> =
            of_topic.iter_mut().filter(|it| (1..=LOOKED_AT).contains(&it.lag)).collect();
        if few.is_empty() {
            continue;
        }
        let mut assignment = TopicPartitionList::new();
        for it in &few {
            let from = Offset::Offset(it.position);
            assignment.add_partition_offset(&it.topic, it.partition, from)?;
        }
        client.assign(&assignment)?;
        let counted = count(client, &mut few, deadline);
        client.unassign()?;
        counted?;
    }
    Ok(())
}

/// Replaces the lag of each partition that is read up to its end by the number of messages.
fn count(
    client: &BaseConsumer,
    few: &mut [&mut PartitionPosition],
    deadline: Instant,
) -> KafkaResult<()> {
    let mut messages = vec![0; few.len()];
    let mut is_done = vec![false; few.len()];
    while is_done.contains(&false) {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Ok(());
        }
        let (partition, offset) = match client.poll(left) {
            None => continue,
            Some(Ok(message)) => (message.partition(), Some(message.offset())),
            Some(Err(KafkaError::PartitionEOF(partition))) => (partition, None),
            Some(Err(error))
                if error.rdkafka_error_code() == Some(RDKafkaErrorCode::AllBrokersDown) =>
            {
                return Err(error);
            }
            // A batch that cannot be read counts with all of its offsets.
            Some(Err(_)) => continue,
        };
        let Some(at) = few.iter().position(|it| it.partition == partition) else { continue };
        let end = few[at].end;
        if !is_done[at] && offset.is_some_and(|offset| offset < end) {
            messages[at] += 1;
        }
        if !is_done[at] && offset.is_none_or(|offset| offset >= end - 1) {
            is_done[at] = true;
            few[at].lag = messages[at];
        }
    }
    Ok(())
}
