//! A broker in this process's memory: librdkafka's own mock cluster. It speaks the Kafka protocol
//! over TCP, with consumer groups and idempotent producers, and forgets everything when dropped.

use std::{sync::mpsc, thread};

use anyhow::Context;
use rdkafka::{mocking::MockCluster, producer::DefaultProducerContext};

use crate::topics;

enum Command {
    Down,
    Up,
}

/// Runs until dropped.
pub struct LocalBroker {
    address: String,
    commands: mpsc::Sender<(Command, mpsc::Sender<anyhow::Result<()>>)>,
}

impl LocalBroker {
    /// Starts a broker on a free port of the loopback, with every topic there.
    ///
    /// # Errors
    /// When the cluster cannot be made.
    pub fn start() -> anyhow::Result<Self> {
        let (commands, inbox) = mpsc::channel::<(Command, mpsc::Sender<anyhow::Result<()>>)>();
        let (ready, started) = mpsc::channel();
        // The cluster cannot be moved between threads, so it lives on one of its own.
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
                let result = match command {
                    Command::Down => cluster.broker_down(BROKER),
                    Command::Up => cluster.broker_up(BROKER),
                };
                let _ = reply.send(result.map_err(Into::into));
            }
        })?;
        let address = started.recv().context("the broker's thread ended")??;
        Ok(Self { address, commands })
    }

    /// `host:port`, for `KAFKA_BROKERS`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Closes its connections and takes no new ones; what it holds stays.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub fn down(&self) -> anyhow::Result<()> {
        self.tell(Command::Down)
    }

    /// Takes connections again.
    ///
    /// # Errors
    /// When the cluster refuses.
    pub fn up(&self) -> anyhow::Result<()> {
        self.tell(Command::Up)
    }

    fn tell(&self, command: Command) -> anyhow::Result<()> {
        let (reply, done) = mpsc::channel();
        self.commands.send((command, reply))?;
        done.recv()?
    }
}

const BROKER: i32 = 1;

fn start_cluster() -> anyhow::Result<MockCluster<'static, DefaultProducerContext>> {
    let cluster = MockCluster::new(1)?;
    for topic in topics::all() {
        cluster.create_topic(&topic, topics::PARTITIONS, 1)?;
    }
    Ok(cluster)
}
