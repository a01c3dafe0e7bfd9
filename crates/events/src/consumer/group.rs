//! [`Group`]: the partitions that the group has given us.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

use rdkafka::{
    ClientContext, TopicPartitionList,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, ConsumerContext, Rebalance, base_consumer::PartitionQueue},
    error::{KafkaError, KafkaResult, RDKafkaErrorCode},
};
use tokio::sync::{Notify, mpsc};

use crate::error_log::ErrorLog;

/// A partition for as long as it is ours; given to us again, it is another one.
pub(crate) struct Partition {
    pub(crate) topic: String,
    pub(crate) number: i32,
    /// The messages that were fetched; `None` once the partition was taken from us. Locked while messages
    /// are taken, so that those of a later assignment never come out of the queue of an earlier one.
    queue: Mutex<Option<PartitionQueue<Group>>>,
    /// Notified when the queue has messages again, or is gone.
    filled: OnceLock<Arc<Notify>>,
}

impl Partition {
    /// Has `filled` notified from now on when there is something to take, or the partition is gone.
    pub(crate) fn notify(&self, filled: &Arc<Notify>) {
        let _ = self.filled.set(filled.clone());
        if let Some(queue) = &mut *lock(&self.queue) {
            let filled = filled.clone();
            queue.set_nonempty_callback(move || filled.notify_one());
        }
        // For what was there before.
        filled.notify_one();
    }

    /// Calls `take` with the queue, unless the partition was taken from us.
    pub(crate) fn with_queue<T>(
        &self,
        take: impl FnOnce(&PartitionQueue<Group>) -> T,
    ) -> Option<T> {
        lock(&self.queue).as_ref().map(take)
    }

    pub(crate) fn is_revoked(&self) -> bool {
        lock(&self.queue).is_none()
    }

    /// Drops the queue, and with it the messages in there.
    fn revoke(&self) {
        *lock(&self.queue) = None;
        if let Some(filled) = self.filled.get() {
            filled.notify_one();
        }
    }
}

struct Assignment {
    worker: usize,
    partition: Arc<Partition>,
}

/// What librdkafka calls back.
pub(crate) struct Group {
    consumer: OnceLock<Weak<BaseConsumer<Self>>>,
    workers: Vec<mpsc::UnboundedSender<Arc<Partition>>>,
    assignments: Mutex<HashMap<(String, i32), Assignment>>,
    pub(crate) errors: ErrorLog,
}

impl Group {
    pub(crate) fn new(workers: Vec<mpsc::UnboundedSender<Arc<Partition>>>) -> Self {
        Self {
            consumer: OnceLock::new(),
            workers,
            assignments: Mutex::default(),
            errors: ErrorLog::default(),
        }
    }

    /// Sets the consumer whose partitions these are.
    pub(crate) fn watch(&self, consumer: &Arc<BaseConsumer<Self>>) {
        let _ = self.consumer.set(Arc::downgrade(consumer));
    }

    /// Drops every queue.
    pub(crate) fn forget_partitions(&self) {
        for (_, assignment) in lock(&self.assignments).drain() {
            assignment.partition.revoke();
        }
    }

    /// Gives new partitions to workers, each with its queue, before a message of theirs is fetched.
    fn assign(&self, partitions: &TopicPartitionList) {
        let Some(consumer) = self.consumer.get().and_then(Weak::upgrade) else { return };
        let mut assignments = lock(&self.assignments);
        for (topic, number) in names(partitions) {
            let Some(queue) = consumer.split_partition_queue(&topic, number) else { continue };
            let partition = Arc::new(Partition {
                topic: topic.clone(),
                number,
                queue: Mutex::new(Some(queue)),
                filled: OnceLock::new(),
            });
            let worker = self.least_busy(&assignments, &topic);
            let sent = self.workers.get(worker).map(|it| it.send(partition.clone()));
            if matches!(sent, Some(Ok(()))) {
                assignments.insert((topic, number), Assignment { worker, partition });
            }
            // Else the worker has ended, and so will we.
        }
    }

    fn revoke(&self, partitions: &TopicPartitionList) {
        let mut assignments = lock(&self.assignments);
        for name in names(partitions) {
            if let Some(assignment) = assignments.remove(&name) {
                assignment.partition.revoke();
            }
        }
    }

    /// Returns the worker that has the fewest partitions of a topic, and of all topics among those.
    fn least_busy(&self, assignments: &HashMap<(String, i32), Assignment>, topic: &str) -> usize {
        let load = |worker: usize| {
            let own = assignments.iter().filter(|(_, it)| it.worker == worker);
            (own.clone().filter(|((name, _), _)| name == topic).count(), own.count())
        };
        (0..self.workers.len()).min_by_key(|worker| load(*worker)).unwrap_or_default()
    }
}

fn names(partitions: &TopicPartitionList) -> Vec<(String, i32)> {
    let elements = partitions.elements();
    elements.iter().map(|element| (element.topic().to_owned(), element.partition())).collect()
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ClientContext for Group {
    fn log(&self, _: RDKafkaLogLevel, fac: &str, message: &str) {
        tracing::debug!(fac, "{message}");
    }

    fn error(&self, error: KafkaError, reason: &str) {
        self.errors.report(&error, reason);
    }
}

impl ConsumerContext for Group {
    fn pre_rebalance(&self, _: &BaseConsumer<Self>, rebalance: &Rebalance<'_>) {
        match rebalance {
            Rebalance::Assign(partitions) => self.assign(partitions),
            Rebalance::Revoke(partitions) => self.revoke(partitions),
            Rebalance::Error(error) => tracing::warn!("cannot rebalance: {error}"),
        }
    }

    fn commit_callback(&self, result: KafkaResult<()>, _: &TopicPartitionList) {
        match result {
            Ok(()) | Err(KafkaError::ConsumerCommit(RDKafkaErrorCode::NoOffset)) => {}
            // Committed with the next ones, or by the partition's new owner, who reads the messages again.
            Err(error) => tracing::warn!("offsets not committed: {error}"),
        }
    }
}
