use std::{
    thread::{self, JoinHandle},
    time::Duration,
};

use events::{Event, UserRegistered};
use rdkafka::consumer::{BaseConsumer, Consumer};
use tokio::task::spawn_blocking;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::broker::Broker;

/// A member of the group of analytics that reads what it is given, and commits nothing.
pub struct Stranger {
    leave: DropGuard,
    thread: JoinHandle<()>,
}

impl Stranger {
    /// Joins the group.
    ///
    /// # Errors
    /// When the consumer cannot be made.
    pub fn join(broker: &Broker) -> anyhow::Result<Self> {
        let mut config = broker.config();
        config
            .set("enable.auto.commit", "false")
            .set("partition.assignment.strategy", "cooperative-sticky");
        let consumer: BaseConsumer = config.create()?;
        consumer.subscribe(&[UserRegistered::TOPIC])?;
        let left = CancellationToken::new();
        let leave = left.clone().drop_guard();
        // Dropping the consumer leaves the group.
        let thread = thread::Builder::new().name("stranger".to_owned()).spawn(move || {
            while !left.is_cancelled() {
                let _ = consumer.poll(Duration::from_millis(50));
            }
        })?;
        Ok(Self { leave, thread })
    }

    /// Leaves the group.
    ///
    /// # Errors
    /// When the consumer panicked.
    pub async fn leave(self) -> anyhow::Result<()> {
        drop(self.leave);
        let ended = spawn_blocking(|| self.thread.join()).await?;
        ended.map_err(|_| anyhow::anyhow!("the stranger panicked"))
    }
}
