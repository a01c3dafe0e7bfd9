//! Consuming in batches: work first, offsets after, so that a crash repeats and never skips.

use std::{collections::HashMap, time::Duration};

use rdkafka::{
    ClientConfig, ClientContext, Message, Offset, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{CommitMode, Consumer, ConsumerContext, StreamConsumer},
    error::{KafkaError, KafkaResult},
    message::OwnedMessage,
};
use tokio::{
    task::spawn_blocking,
    time::{Instant, timeout_at},
};
use tokio_util::sync::CancellationToken;

use crate::producer::KafkaConfig;

/// The most messages in one batch.
const BATCH: usize = 1000;

/// The longest time for which a batch waits to fill once its first message is there.
const FILL: Duration = Duration::from_millis(20);

/// A function from batches of messages to rows.
pub trait BatchHandler {
    /// Applies the whole batch; messages may come again, and must then change nothing. A message that
    /// can never be applied must be put aside here.
    fn handle(&self, batch: &[OwnedMessage]) -> impl Future<Output = anyhow::Result<()>> + Send;
}

struct Logs;

impl ClientContext for Logs {
    fn log(&self, _: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        tracing::warn!("Kafka: {error}: {reason}");
    }
}

impl ConsumerContext for Logs {}

/// Consumes `topics` as a member of `group` until `shutdown`.
///
/// # Errors
/// When the settings are refused. A broker or a database that is away is ridden out.
pub async fn run(
    config: &KafkaConfig,
    group: &str,
    topics: &[&str],
    handler: impl BatchHandler,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    // Making a client starts threads, and subscribing waits for one of them.
    let (config, topics) = (config.client(), topics.iter().map(|topic| (*topic).to_owned()));
    let (group, topics) = (group.to_owned(), topics.collect::<Vec<String>>());
    let consumer = spawn_blocking(move || subscribe(config, &group, &topics)).await??;
    let result = consume(&consumer, handler, shutdown).await;
    // Commits the last offsets and leaves the group, so that others take over at once. Both block.
    spawn_blocking(move || {
        let _ = consumer.commit_consumer_state(CommitMode::Sync);
        drop(consumer);
    })
    .await?;
    result
}

fn subscribe(
    mut config: ClientConfig,
    group: &str,
    topics: &[String],
) -> KafkaResult<StreamConsumer<Logs>> {
    let consumer: StreamConsumer<Logs> = config
        .set("group.id", group)
        .set("enable.auto.commit", "false")
        .set("enable.auto.offset.store", "false")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        // A killed consumer's partitions are given to others after this long: the least that a
        // broker allows by default (group.min.session.timeout.ms), and three heartbeats of it.
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "2000")
        // Topics may be created after we subscribe.
        .set("topic.metadata.refresh.interval.ms", "5000")
        .create_with_context(Logs)?;
    consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(consumer)
}

/// Applies batches until `shutdown`.
async fn consume(
    consumer: &StreamConsumer<Logs>,
    handler: impl BatchHandler,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    loop {
        let batch = tokio::select! {
            batch = next_batch(consumer) => batch,
            () = shutdown.cancelled() => return Ok(()),
        };
        if batch.is_empty() {
            continue;
        }
        if !handle_until_done(&handler, &batch, &shutdown).await {
            return Ok(());
        }
        let stored = consumer
            .store_offsets(&after(&batch)?)
            .and_then(|()| consumer.commit_consumer_state(CommitMode::Async));
        if let Err(error) = stored {
            // The partition was taken from us: its new owner sees these messages again.
            tracing::warn!("offsets not committed: {error}");
        }
    }
}

/// The pause that keeps an error that comes back at once from taking a processor.
const ERROR_PAUSE: Duration = Duration::from_millis(5);

async fn next_batch(consumer: &StreamConsumer<Logs>) -> Vec<OwnedMessage> {
    let mut batch = Vec::new();
    match consumer.recv().await {
        Ok(message) => batch.push(message.detach()),
        Err(error) => {
            // Errors queue up before messages, many of them while brokers are away, and librdkafka
            // spaces its attempts itself: a pause for each would hold up what comes after them.
            tracing::warn!("cannot consume: {error}");
            tokio::time::sleep(ERROR_PAUSE).await;
            return batch;
        }
    }
    let deadline = Instant::now() + FILL;
    while batch.len() < BATCH {
        match timeout_at(deadline, consumer.recv()).await {
            Ok(Ok(message)) => batch.push(message.detach()),
            Ok(Err(_)) | Err(_) => break,
        }
    }
    batch
}

/// Applies a batch, again and again until it succeeds. Returns false when `shutdown` came first.
async fn handle_until_done(
    handler: &impl BatchHandler,
    batch: &[OwnedMessage],
    shutdown: &CancellationToken,
) -> bool {
    let mut wait = Duration::from_millis(100);
    while let Err(error) = handler.handle(batch).await {
        tracing::warn!("batch of {} not handled yet: {error:#}", batch.len());
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(2)),
            () = shutdown.cancelled() => return false,
        }
    }
    true
}

/// Returns the offsets after the last message of each partition.
fn after(batch: &[OwnedMessage]) -> anyhow::Result<TopicPartitionList> {
    let mut last: HashMap<(&str, i32), i64> = HashMap::new();
    for message in batch {
        let offset = last.entry((message.topic(), message.partition())).or_default();
        *offset = (*offset).max(message.offset() + 1);
    }
    let mut offsets = TopicPartitionList::new();
    for ((topic, partition), offset) in last {
        offsets.add_partition_offset(topic, partition, Offset::Offset(offset))?;
    }
    Ok(offsets)
}
