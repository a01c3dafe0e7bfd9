//! How much a group has yet to consume, in bytes, and holding back more than the broker keeps.

use std::{
    sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use anyhow::Context;
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
};

use super::{ANSWER, partitions};

/// The most bytes that the group may have yet to consume. The cluster forgets the oldest messages of a
/// partition beyond 5 MiB, which is compiled into it; the rest is for what is counted a moment late.
pub const LIMIT: u64 = 4 * 1024 * 1024;

/// The pause between checks whether the group has caught up, while there is something to consume.
const PACE: Duration = Duration::from_millis(20);

/// The bytes of produce requests, since the start.
#[derive(Debug, Default)]
struct Counts {
    /// The bytes given to the broker.
    sent: u64,
    /// The bytes of these that the broker has answered: it has their messages, or never will.
    answered: u64,
    /// The bytes of these that the group has certainly consumed.
    consumed: u64,
    is_closed: bool,
}

/// The messages that a group has yet to consume.
#[derive(Debug, Default)]
pub struct Backlog {
    counts: Mutex<Counts>,
    changed: Condvar,
}

impl Backlog {
    /// Watches the group at the broker, until closed.
    ///
    /// # Errors
    /// When the watching client or its thread cannot be made.
    pub fn watch(address: &str, group: &str) -> anyhow::Result<Arc<Self>> {
        let consumer: BaseConsumer = ClientConfig::new()
            .set("bootstrap.servers", address)
            .set("group.id", group)
            .set("enable.auto.commit", "false")
            .create()?;
        let backlog = Arc::new(Self::default());
        let watched = Arc::clone(&backlog);
        thread::Builder::new().name("broker-backlog".to_owned()).spawn(move || {
            while let Some(answered) = watched.answered_bytes() {
                // A broker that does not answer now is asked again.
                if watched.is_consumed(&consumer).unwrap_or(false) {
                    watched.counts().consumed = answered;
                    watched.changed.notify_all();
                }
                #[expect(
                    clippy::disallowed_methods,
                    reason = "a thread of its own, with no tasks"
                )]
                thread::sleep(PACE);
            }
        })?;
        Ok(backlog)
    }

    /// Waits until a request of this size fits, and counts it. Returns false when closed meanwhile.
    pub fn admit(&self, bytes: u64) -> bool {
        let is_full = |counts: &mut Counts| {
            let unread = counts.sent - counts.consumed;
            // Alone, a request of any size is let through.
            !counts.is_closed && unread > 0 && unread + bytes > LIMIT
        };
        let counts = self.changed.wait_while(self.counts(), is_full);
        let mut counts = counts.unwrap_or_else(PoisonError::into_inner);
        counts.sent += bytes;
        self.changed.notify_all();
        !counts.is_closed
    }

    /// Counts a request as answered.
    pub fn answer(&self, bytes: u64) {
        self.counts().answered += bytes;
    }

    /// Lets all waiting threads go on.
    pub fn close(&self) {
        self.counts().is_closed = true;
        self.changed.notify_all();
    }

    /// Waits until there is something to consume, and returns how many bytes are answered by then;
    /// `None` when closed.
    fn answered_bytes(&self) -> Option<u64> {
        let is_idle = |counts: &mut Counts| !counts.is_closed && counts.sent == counts.consumed;
        let counts = self.changed.wait_while(self.counts(), is_idle);
        let counts = counts.unwrap_or_else(PoisonError::into_inner);
        (!counts.is_closed).then_some(counts.answered)
    }

    /// Waits until the group has consumed what the broker has now.
    fn is_consumed(&self, consumer: &BaseConsumer) -> anyhow::Result<bool> {
        let ends = ends(consumer)?;
        while !self.counts().is_closed {
            let committed = consumer.committed_offsets(partitions(), ANSWER)?;
            let is_behind = |topic: &str, partition: i32, end: Offset| {
                let found = committed.find_partition(topic, partition);
                let offset = found.map_or(Offset::Invalid, |found| found.offset());
                position(offset) < position(end)
            };
            let mut ends = ends.elements().into_iter();
            if !ends.any(|end| is_behind(end.topic(), end.partition(), end.offset())) {
                return Ok(true);
            }
            #[expect(clippy::disallowed_methods, reason = "a thread of its own, with no tasks")]
            thread::sleep(PACE);
        }
        Ok(false)
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the ends of all partitions.
fn ends(consumer: &BaseConsumer) -> anyhow::Result<TopicPartitionList> {
    let mut wanted = partitions();
    wanted.set_all_offsets(Offset::End)?;
    let ends = consumer.offsets_for_times(wanted, ANSWER).context("no ends")?;
    for end in ends.elements() {
        end.error()?;
    }
    Ok(ends)
}

/// Returns the next message to consume; in a partition of which nothing was consumed, the first.
fn position(offset: Offset) -> i64 {
    match offset {
        Offset::Offset(offset) => offset,
        _ => 0,
    }
}
