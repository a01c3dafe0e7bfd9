//! Consuming in batches: work first, offsets after, so that a crash repeats and never skips.
//!
//! ```text
//! thread: polls ──assigns──► partition ─┐
//!         (the group, its errors)  …    ├─► worker: gathers and reads ──batch──► applies ──► offset
//!                             partition ┘           (the next one)        (this one)
//! ```
//!
//! Each partition has a queue of its own, which librdkafka fills up to a bound, and one worker that
//! empties it. A worker that waits for the database leaves its queues alone: they fill, and their
//! partitions are fetched no further, while the thread goes on polling, which is what keeps us a member of
//! the group. An error of one partition is in that partition's queue and holds up no other.
//!
//! - [`group`]: which partitions are ours, and whose worker each has.
//! - [`worker`]: from queues to applied batches.
//! - [`positions`]: how far a group has read.

mod group;
mod positions;
mod worker;

use std::{sync::Arc, thread, time::Duration};

use anyhow::Context;
use rdkafka::{
    ClientConfig,
    consumer::{BaseConsumer, CommitMode, Consumer},
    error::{KafkaError, KafkaResult},
};
use tokio::{
    sync::{mpsc, oneshot},
    task::{JoinSet, spawn_blocking},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

use crate::producer::KafkaConfig;
use group::Group;
pub use positions::{GroupPositions, PartitionPosition};
pub use worker::BatchHandler;

/// The number of workers, and so of transactions at once. Two keep two database processes busy; more
/// would only shrink the batches.
const WORKERS: usize = 2;

/// The longest wait for an event of the group. A shutdown is noticed after it.
const POLL: Duration = Duration::from_millis(100);

/// The longest time that leaving the group takes at shutdown.
const CLOSE_LIMIT: Duration = Duration::from_secs(5);

/// Consumes `topics` as a member of `group` until `shutdown`.
///
/// # Errors
/// When the settings are refused, or the client fails for good. A broker or a database that is away is
/// ridden out.
pub async fn run(
    config: &KafkaConfig,
    group: &str,
    topics: &[&str],
    handler: impl BatchHandler,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let (senders, receivers): (Vec<_>, Vec<_>) =
        (0..WORKERS).map(|_| mpsc::unbounded_channel()).unzip();
    let (config, topics) = (config.client(), topics.iter().map(|topic| (*topic).to_owned()));
    let (group, topics) = (group.to_owned(), topics.collect::<Vec<String>>());
    // Making a client starts threads, and subscribing waits for one of them.
    let subscribing = spawn_blocking(move || subscribe(config, &group, &topics, senders));
    let consumer = subscribing.await??;

    // Cancelled also when this future is dropped.
    let polling = CancellationToken::new();
    let _stop = polling.clone().drop_guard();
    let mut workers = JoinSet::new();
    for partitions in receivers {
        workers.spawn(worker::run(
            handler.clone(),
            Arc::downgrade(&consumer),
            partitions,
            shutdown.clone(),
        ));
    }
    let mut polled = poll_on_thread(consumer, polling.clone())?;
    let result = tokio::select! {
        // The thread ends by itself only when the client has failed.
        result = &mut polled => return result.context("the polling thread panicked")?,
        // A worker ends by itself only when it has panicked, or at shutdown.
        Some(result) = workers.join_next() => result,
    };
    result?;
    while let Some(result) = workers.join_next().await {
        result?;
    }
    polling.cancel();
    match timeout(CLOSE_LIMIT, polled).await {
        Ok(result) => result.context("the polling thread panicked")?,
        Err(_) => {
            tracing::warn!("the group was not left within {CLOSE_LIMIT:?}");
            Ok(())
        }
    }
}

fn subscribe(
    mut config: ClientConfig,
    group: &str,
    topics: &[String],
    workers: Vec<mpsc::UnboundedSender<Arc<group::Partition>>>,
) -> KafkaResult<Arc<BaseConsumer<Group>>> {
    let consumer: BaseConsumer<Group> = config
        .set("group.id", group)
        // Offsets are stored once their batch is applied, and those stored are committed on a timer: a
        // request for each batch would cost the broker more than the batch.
        .set("enable.auto.offset.store", "false")
        .set("enable.auto.commit", "true")
        .set("auto.commit.interval.ms", "250")
        .set("auto.offset.reset", "earliest")
        .set("partition.assignment.strategy", "cooperative-sticky")
        // A killed consumer's partitions are given to others after this long: the least that a
        // broker allows by default (group.min.session.timeout.ms), and three heartbeats of it.
        .set("session.timeout.ms", "6000")
        .set("heartbeat.interval.ms", "2000")
        // Topics may be created after we subscribe, and are found within this time.
        .set("topic.metadata.refresh.interval.ms", "1000")
        // What waits in the queue of one partition: as much as a batch, so that the next is there when
        // the last is done with.
        .set("queued.min.messages", "10000")
        .set("queued.max.messages.kbytes", "8192")
        // A full queue is looked at again after this time; the default of a second would starve the
        // workers.
        .set("fetch.queue.backoff.ms", "10")
        .create_with_context(Group::new(workers))?;
    let consumer = Arc::new(consumer);
    consumer.context().watch(&consumer);
    consumer.subscribe(&topics.iter().map(String::as_str).collect::<Vec<_>>())?;
    Ok(consumer)
}

/// Polls on a thread of its own until `stop`, then commits the last offsets and leaves the group, so that
/// others take over at once. All of that blocks; and while the broker is away leaving takes for ever, which
/// the end of a runtime would wait for on a thread of the runtime's own.
fn poll_on_thread(
    consumer: Arc<BaseConsumer<Group>>,
    stop: CancellationToken,
) -> anyhow::Result<oneshot::Receiver<anyhow::Result<()>>> {
    let (done, polled) = oneshot::channel();
    thread::Builder::new().name("consumer".to_owned()).spawn(move || {
        let result = poll(&consumer, &stop);
        // The queues hold the consumer, which holds them.
        consumer.context().forget_partitions();
        let _ = consumer.commit_consumer_state(CommitMode::Sync);
        drop(consumer);
        let _ = done.send(result);
    })?;
    Ok(polled)
}

fn poll(consumer: &BaseConsumer<Group>, stop: &CancellationToken) -> anyhow::Result<()> {
    while !stop.is_cancelled() {
        match consumer.poll(POLL) {
            None => {}
            // It would be passed over by the offset of the next one in its partition.
            Some(Ok(message)) => {
                anyhow::bail!("a message outside its partition's queue: {message:?}")
            }
            Some(Err(error @ KafkaError::MessageConsumptionFatal(_))) => return Err(error.into()),
            // librdkafka tries again by itself.
            Some(Err(error)) => consumer.context().errors.report(&error, "cannot consume"),
        }
    }
    Ok(())
}
