//! A worker: gathers the messages of its partitions into a batch while the last batch is being applied.

use std::{
    panic,
    sync::{Arc, Weak},
    time::Duration,
};

use rdkafka::{
    Message, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer, base_consumer::PartitionQueue},
    error::KafkaResult,
    message::BorrowedMessage,
};
use tokio::{
    sync::{Notify, mpsc},
    task::{JoinError, JoinSet},
    time::{Instant, timeout, timeout_at},
};
use tokio_util::sync::CancellationToken;

use super::group::{Group, Partition};

/// The most messages in one batch, and the most bytes of their keys and payloads.
const BATCH: usize = 8000;
const BATCH_BYTES: usize = 8 * 1024 * 1024;

/// The longest time for which a batch waits to fill once its first message is there.
const FILL: Duration = Duration::from_millis(20);

/// The most messages taken from one partition before the next has its turn.
const SLICE: usize = 250;

/// The longest wait for a notification that there are messages. They are looked for after it in any case.
const LOOK: Duration = Duration::from_secs(1);

/// A function from batches of messages to rows.
pub trait BatchHandler: Clone + Send + Sync + 'static {
    type Batch: Default + Send + Sync;

    /// Reads a message and adds it to a batch. One that cannot be read must be put aside in there.
    fn read(&self, message: &BorrowedMessage<'_>, batch: &mut Self::Batch);

    /// Applies a whole batch; messages may come again, and must then change nothing. After an error the
    /// same batch is applied again, until that succeeds.
    fn apply(&self, batch: &Self::Batch) -> impl Future<Output = anyhow::Result<()>> + Send;
}

/// Messages that are applied together.
struct Batch<B> {
    content: B,
    messages: usize,
    bytes: usize,
    /// The offset after the last message of each partition.
    ends: Vec<(Arc<Partition>, i64)>,
}

impl<B: Default> Batch<B> {
    fn new() -> Self {
        Self { content: B::default(), messages: 0, bytes: 0, ends: Vec::new() }
    }
}

impl<B> Batch<B> {
    fn is_full(&self) -> bool {
        self.messages >= BATCH || self.bytes >= BATCH_BYTES
    }

    fn set_end(&mut self, partition: &Arc<Partition>, end: i64) {
        match self.ends.iter_mut().find(|(known, _)| Arc::ptr_eq(known, partition)) {
            Some((_, known)) => *known = end,
            None => self.ends.push((partition.clone(), end)),
        }
    }
}

/// Applies the messages of the partitions that come in, until `shutdown`; the batch at hand is finished.
pub(crate) async fn run<H: BatchHandler>(
    handler: H,
    consumer: Weak<BaseConsumer<Group>>,
    partitions: mpsc::UnboundedReceiver<Arc<Partition>>,
    shutdown: CancellationToken,
) {
    let mut gatherer = Gatherer {
        handler: handler.clone(),
        incoming: partitions,
        partitions: Vec::new(),
        filled: Arc::default(),
    };
    // One task at most. It is not part of this one because reading takes processor time, which must not
    // keep the database waiting for the next statement.
    let mut applying = JoinSet::new();
    while let Some(batch) = shutdown.run_until_cancelled(gatherer.gather(&mut applying)).await {
        applying.spawn(apply(handler.clone(), consumer.clone(), batch, shutdown.clone()));
    }
    while let Some(result) = applying.join_next().await {
        pass_panic_on(result);
    }
}

fn pass_panic_on(result: Result<(), JoinError>) {
    if let Err(error) = result
        && error.is_panic()
    {
        panic::resume_unwind(error.into_panic());
    }
}

/// What fills batches.
struct Gatherer<H: BatchHandler> {
    handler: H,
    incoming: mpsc::UnboundedReceiver<Arc<Partition>>,
    partitions: Vec<Arc<Partition>>,
    filled: Arc<Notify>,
}

impl<H: BatchHandler> Gatherer<H> {
    /// Gathers a batch, which goes on growing for as long as another is being applied.
    async fn gather(&mut self, applying: &mut JoinSet<()>) -> Batch<H::Batch> {
        let mut batch = Batch::new();
        while batch.messages == 0 {
            if self.take(&mut batch).await == 0 {
                self.wait().await;
            }
        }
        let deadline = Instant::now() + FILL;
        while !batch.is_full() && Instant::now() < deadline {
            if self.take(&mut batch).await == 0 {
                let _ = timeout_at(deadline, self.wait()).await;
            }
        }
        loop {
            tokio::select! {
                biased;
                applied = applying.join_next() => match applied {
                    Some(result) => pass_panic_on(result),
                    None => return batch,
                },
                () = self.wait(), if !batch.is_full() => {
                    self.take(&mut batch).await;
                }
            }
        }
    }

    /// Waits until there may be messages, or another partition.
    async fn wait(&mut self) {
        tokio::select! {
            Some(partition) = self.incoming.recv() => {
                partition.notify(&self.filled);
                self.partitions.push(partition);
            }
            _ = timeout(LOOK, self.filled.notified()) => {}
        }
    }

    /// Takes what fits of what is there, in turn from each partition; returns the number of messages.
    async fn take(&mut self, batch: &mut Batch<H::Batch>) -> usize {
        let before = batch.messages;
        self.partitions.retain(|partition| !partition.is_revoked());
        let mut more = true;
        while more && !batch.is_full() {
            more = false;
            for partition in &self.partitions {
                let taken = partition.with_queue(|queue| self.take_slice(partition, queue, batch));
                more |= taken == Some(SLICE);
                // Other tasks have their turn.
                tokio::task::yield_now().await;
            }
        }
        batch.messages - before
    }

    /// Takes up to `SLICE` messages of one partition; returns how many.
    fn take_slice(
        &self,
        partition: &Arc<Partition>,
        queue: &PartitionQueue<Group>,
        batch: &mut Batch<H::Batch>,
    ) -> usize {
        let mut taken = 0;
        let mut end = None;
        while taken < SLICE && !batch.is_full() {
            match queue.poll(Duration::ZERO) {
                Some(Ok(message)) => {
                    self.handler.read(&message, &mut batch.content);
                    batch.bytes += message.key_len() + message.payload_len();
                    batch.messages += 1;
                    end = Some(message.offset() + 1);
                }
                // librdkafka tries again by itself, each time after a pause, which only this partition
                // takes.
                Some(Err(error)) => {
                    metrics::counter!("events_unreadable_fetches_total").increment(1);
                    let Partition { topic, number, .. } = &**partition;
                    tracing::warn!("cannot read {topic} [{number}]: {error}");
                }
                None => break,
            }
            taken += 1;
        }
        if let Some(end) = end {
            batch.set_end(partition, end);
        }
        taken
    }
}

/// Applies a batch until it succeeds or at `shutdown`.
async fn apply<H: BatchHandler>(
    handler: H,
    consumer: Weak<BaseConsumer<Group>>,
    batch: Batch<H::Batch>,
    shutdown: CancellationToken,
) {
    if !apply_until_done(&handler, &batch, &shutdown).await {
        return;
    }
    let Some(consumer) = consumer.upgrade() else { return };
    if let Err(error) = store(&consumer, &batch.ends) {
        // The partition was taken from us: its new owner reads these messages again.
        tracing::debug!("offsets not stored: {error}");
    }
}

/// Applies a batch, again and again until it succeeds. Returns false when `shutdown` came first.
async fn apply_until_done<H: BatchHandler>(
    handler: &H,
    batch: &Batch<H::Batch>,
    shutdown: &CancellationToken,
) -> bool {
    let mut wait = Duration::from_millis(100);
    while let Err(error) = handler.apply(&batch.content).await {
        tracing::warn!("batch of {} not applied yet: {error:#}", batch.messages);
        tokio::select! {
            () = tokio::time::sleep(wait) => wait = (wait * 2).min(Duration::from_secs(2)),
            () = shutdown.cancelled() => return false,
        }
    }
    true
}

/// Marks what is applied, for the next commit of offsets.
fn store(consumer: &BaseConsumer<Group>, ends: &[(Arc<Partition>, i64)]) -> KafkaResult<()> {
    let mut offsets = TopicPartitionList::new();
    for (partition, end) in ends.iter().filter(|(partition, _)| !partition.is_revoked()) {
        let offset = Offset::Offset(*end);
        offsets.add_partition_offset(&partition.topic, partition.number, offset)?;
    }
    consumer.store_offsets(&offsets)
}
