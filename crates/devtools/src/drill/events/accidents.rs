//! The accidents, one after the other, while messages are produced.

use std::{collections::HashMap, time::Duration};

use anyhow::{Context, ensure};
use events::{
    Event, PromptViewed,
    topics::{PARTITIONS, TOPICS},
};
use promptforge::console;
use rustix::process::Signal;
use sqlx::query_scalar;
use tokio::time::{Instant, sleep};

use super::{
    broker::Broker,
    environment::Environment,
    message::{Kind, Meaning},
    producers::Producers,
    stranger::Stranger,
};
use crate::{
    drill::restartable::wait_for,
    seed::rng::{Rng, Stream},
};

/// The shortest and the longest time from the beginning of a flow of messages to a kill, in milliseconds.
const LIFE: (usize, usize) = (20, 600);

/// The time over which the messages of one accident are sent.
const FLOW: Duration = Duration::from_millis(2500);

/// A drill under way.
pub struct Drill<'a> {
    pub environment: &'a mut Environment,
    pub broker: Broker,
    pub producers: Producers,
    /// The number of messages for each accident.
    share: usize,
    probes: usize,
    rng: Rng,
    began: Instant,
}

impl<'a> Drill<'a> {
    pub fn new(
        environment: &'a mut Environment,
        broker: Broker,
        producers: Producers,
        (seed, share): (u64, usize),
    ) -> Self {
        let rng = Rng::new(seed, Stream::Drill, 0);
        Self { environment, broker, producers, share, probes: 0, rng, began: Instant::now() }
    }

    /// Prints what happens now.
    pub fn say(&self, what: &str) {
        console::eprint(&format!("{:6.1} s  {what}", self.began.elapsed().as_secs_f32()));
    }

    /// Has all accidents happen; the first instance runs in the end, and all messages are sent.
    ///
    /// # Errors
    /// When something does not come back.
    pub async fn run(&mut self, kills: u32) -> anyhow::Result<()> {
        self.environment.first.start().await?;
        self.probe().await?;
        for number in 1..=kills {
            self.say(&format!("kill -9 of the service, {number} of {kills}"));
            self.kill().await?;
        }
        self.say(
            "a second instance joins, the first is paused past its time-out, the second leaves",
        );
        self.pause().await.context("a paused instance")?;
        self.say("a stranger joins the group, and leaves it");
        self.let_a_stranger_in().await.context("a stranger in the group")?;
        self.say("Postgres restarts, immediately");
        self.restart_postgres().await.context("Postgres restarts")?;
        self.say("kill -9 of the broker");
        self.restart_kafka().await.context("the broker restarts")?;
        self.say("the log is cut under a paused instance");
        self.cut_log().await.context("the log is cut")?;
        self.producers.finish().await
    }

    /// Kills the instance while it reads, and starts it again.
    async fn kill(&mut self) -> anyhow::Result<()> {
        self.flow_for_a_moment().await;
        self.environment.first.end_by(Signal::KILL).await?;
        self.environment.first.start().await?;
        self.probe().await
    }

    async fn pause(&mut self) -> anyhow::Result<()> {
        self.flow_for_a_moment().await;
        self.environment.second.start().await?;
        self.wait_for_members(2).await?;
        self.probe().await?;
        self.flow_for_a_moment().await;
        self.environment.first.signal(Signal::STOP);
        // The group has given up the first.
        self.wait_for_members(1).await?;
        self.probe().await?;
        self.environment.first.signal(Signal::CONT);
        self.wait_for_members(2).await?;
        self.flow_for_a_moment().await;
        self.environment.second.stop().await;
        self.wait_for_members(1).await?;
        self.probe().await
    }

    /// Has a member take partitions away that applies nothing of them.
    async fn let_a_stranger_in(&mut self) -> anyhow::Result<()> {
        let stranger = Stranger::join(&self.broker)?;
        self.wait_for_members(2).await?;
        self.flow_for_a_moment().await;
        stranger.leave().await?;
        self.wait_for_members(1).await?;
        self.probe().await
    }

    async fn restart_postgres(&mut self) -> anyhow::Result<()> {
        self.flow_for_a_moment().await;
        self.environment.postgres.end_by(Signal::QUIT).await?;
        self.environment.postgres.start().await?;
        self.probe().await
    }

    async fn restart_kafka(&mut self) -> anyhow::Result<()> {
        self.flow_for_a_moment().await;
        self.environment.kafka.end_by(Signal::KILL).await?;
        self.environment.kafka.start().await?;
        self.say("the broker answers again");
        self.probe().await
    }

    /// Cuts off half of what an instance has not read yet of each partition with views.
    async fn cut_log(&mut self) -> anyhow::Result<()> {
        let producers = &self.producers;
        let probes = self.probes;
        wait_for("all sent", async || Ok(producers.is_sent(probes).then_some(()))).await?;
        self.probe_all().await?;
        let committed = self.broker.committed().await?;
        self.environment.first.signal(Signal::STOP);
        self.producers.release(self.share, FLOW);
        let (producers, probes) = (&self.producers, self.probes);
        wait_for("all sent", async || Ok(producers.is_sent(probes).then_some(()))).await?;
        let topic = PromptViewed::TOPIC;
        for partition in 0..PARTITIONS {
            let end = self.broker.end(topic, partition).await?;
            let from = *committed.get(&(topic.to_owned(), partition)).context("no offset")?;
            let beginning = from + (end - from) / 2;
            self.broker.cut(topic, partition, beginning).await?;
            self.producers.ledger.cut(topic, partition, from, beginning);
        }
        self.environment.first.signal(Signal::CONT);
        self.probe().await
    }

    /// Lets the next messages flow, and waits for a moment.
    async fn flow_for_a_moment(&mut self) {
        self.producers.release(self.share, FLOW);
        sleep(Duration::from_millis(self.rng.between(LIFE.0, LIFE.1) as u64)).await;
    }

    async fn wait_for_members(&self, wanted: usize) -> anyhow::Result<()> {
        wait_for(&format!("a group of {wanted}"), async || {
            Ok((self.broker.members().await? == Some(wanted)).then_some(()))
        })
        .await
    }

    /// Sends a view, and waits until it is applied.
    async fn probe(&mut self) -> anyhow::Result<()> {
        self.probes += 1;
        let partition = self.rng.below(PARTITIONS as usize) as i32;
        let probe = self.producers.send_probe(|maker| maker.probe(Kind::Viewed, partition));
        let (message, _) = probe.await?;
        let Meaning::Event(fact) = message.meaning else { return Ok(()) };
        let pool = &self.environment.pool;
        wait_for("an event is applied", async || {
            let sql = "select exists (select from event_ids where event_id = $1)";
            let applied: bool = query_scalar(sql).bind(fact.id).fetch_one(pool).await?;
            Ok(applied.then_some(()))
        })
        .await
    }

    /// Sends an event to each partition, and waits until the group has read all up to them.
    ///
    /// # Errors
    /// When the group does not come that far.
    pub async fn probe_all(&mut self) -> anyhow::Result<HashMap<(String, i32), i64>> {
        let mut last = HashMap::new();
        for kind in Kind::ALL {
            for partition in 0..PARTITIONS {
                self.probes += 1;
                let probe = self.producers.send_probe(|maker| maker.probe(kind, partition));
                last.insert((kind.topic().to_owned(), partition), probe.await?.1);
            }
        }
        ensure!(last.len() == TOPICS.len() * PARTITIONS as usize, "each partition has one");
        wait_until_read(&self.broker, &last).await?;
        Ok(last)
    }
}

/// Waits until the group has committed all up to these offsets, included.
///
/// # Errors
/// When the group does not come that far.
pub async fn wait_until_read(
    broker: &Broker,
    last: &HashMap<(String, i32), i64>,
) -> anyhow::Result<()> {
    wait_for("everything is read", async || {
        let committed = broker.committed().await?;
        let is_read = |(place, offset)| committed.get(place).is_some_and(|it| it > offset);
        Ok(last.iter().all(is_read).then_some(()))
    })
    .await
}
