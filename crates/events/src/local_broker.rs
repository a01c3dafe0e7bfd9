//! A broker in this process's memory: librdkafka's own mock cluster. It speaks the Kafka protocol
//! over TCP, with consumer groups and idempotent producers, and forgets everything when dropped, and
//! the oldest messages of a partition beyond 5 MiB, consumed or not.
//!
//! - [`proxy`]: what clients of a bounded broker connect to.
//! - [`backlog`]: the bytes that a group has yet to consume.
//! - [`wire`]: the protocol, as far as the proxy has to know it.

mod backlog;
mod proxy;
mod wire;

use std::{
    net::TcpStream,
    sync::mpsc::{self, RecvTimeoutError},
    thread,
    time::Duration,
};

use anyhow::Context;
use rdkafka::{
    ClientConfig, Offset, TopicPartitionList,
    consumer::{BaseConsumer, Consumer},
    mocking::MockCluster,
    producer::DefaultProducerContext,
};

use crate::topics;
use backlog::Backlog;
use proxy::Proxy;

enum Command {
    Down,
    Up,
}

/// A broker that runs until it is dropped.
pub struct LocalBroker {
    address: String,
    /// Present in a bounded broker.
    _proxy: Option<Proxy>,
    commands: mpsc::Sender<(Command, mpsc::Sender<anyhow::Result<()>>)>,
}

impl LocalBroker {
    /// Starts a broker on a free port of the loopback, with every topic there. Blocks for some
    /// milliseconds.
    ///
    /// # Errors
    /// When the cluster cannot be made.
    pub fn start() -> anyhow::Result<Self> {
        let (commands, inbox) = mpsc::channel::<(Command, mpsc::Sender<anyhow::Result<()>>)>();
        let (ready, started) = mpsc::channel();
        // The cluster cannot be moved between threads, so it has a thread of its own.
        thread::Builder::new().name("local-broker".to_owned()).spawn(move || {
            let cluster = match start_cluster() {
                Ok(cluster) => cluster,
                Err(error) => {
                    let _ = ready.send(Err(error));
                    return;
                }
            };
            let _ = ready.send(Ok(cluster.bootstrap_servers()));
            for (command, reply) in inbox {
                let result = without_pauses(&cluster.bootstrap_servers(), || match command {
                    Command::Down => cluster.broker_down(BROKER),
                    Command::Up => cluster.broker_up(BROKER),
                });
                let _ = reply.send(result.map_err(Into::into));
            }
        })?;
        let address = started.recv().context("the broker's thread ended")??;
        Ok(Self { address, _proxy: None, commands })
    }

    /// Starts a broker that takes no more than it can keep until a group has consumed it: producers
    /// wait meanwhile, without an answer. Blocks for some milliseconds.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn start_bounded(group: &str) -> anyhow::Result<Self> {
        let broker = Self::start()?;
        let proxy = Proxy::start(broker.address.parse()?, Backlog::watch(&broker.address, group)?)?;
        Ok(Self { address: proxy.address().to_string(), _proxy: Some(proxy), ..broker })
    }

    /// Returns `host:port`, for `KAFKA_BROKERS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Closes its connections and accepts no new ones; its messages stay.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub fn down(&self) -> anyhow::Result<()> {
        self.send(Command::Down)
    }

    /// Accepts connections again.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub fn up(&self) -> anyhow::Result<()> {
        self.send(Command::Up)
    }

    /// Sends a command to the cluster's thread and waits until it is done.
    fn send(&self, command: Command) -> anyhow::Result<()> {
        let (reply, done) = mpsc::channel();
        self.commands.send((command, reply))?;
        done.recv()?
    }
}

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
fn partitions() -> TopicPartitionList {
    let mut partitions = TopicPartitionList::new();
    for topic in topics::TOPICS {
        partitions.add_partition_range(topic, 0, topics::PARTITIONS - 1);
    }
    partitions
}

/// The time within which the broker must answer.
const ANSWER: Duration = Duration::from_secs(5);

const BROKER: i32 = 1;

fn start_cluster() -> anyhow::Result<MockCluster<'static, DefaultProducerContext>> {
    let cluster = MockCluster::new(1)?;
    without_pauses(&cluster.bootstrap_servers(), || {
        for (key, version) in wire::MAX_VERSIONS {
            cluster.apiversion(key, None, Some(version))?;
        }
        topics::all()
            .iter()
            .try_for_each(|topic| cluster.create_topic(topic, topics::PARTITIONS, 1))
    })?;
    Ok(cluster)
}

/// The time after which the cluster's thread is woken during a command.
const WAKE_AFTER: Duration = Duration::from_millis(5);

/// Runs commands to a cluster without the pauses that its thread makes: it reads its wake-up bytes
/// after the commands they stand for, misses one that came in between, and looks again when a second
/// has passed or a connection comes.
fn without_pauses<T>(address: &str, commands: impl FnOnce() -> T) -> T {
    let (done, is_done) = mpsc::channel::<()>();
    thread::scope(|scope| {
        scope.spawn(move || {
            while let Err(RecvTimeoutError::Timeout) = is_done.recv_timeout(WAKE_AFTER) {
                // Refused while the broker is down: the command takes its second then.
                let _ = TcpStream::connect(address);
            }
        });
        let result = commands();
        drop(done);
        result
    })
}

#[cfg(test)]
mod tests;
