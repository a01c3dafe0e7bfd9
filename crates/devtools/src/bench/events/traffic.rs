//! Made-up views, sent as the prompt service sends them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use events::{Envelope, Event, Producer, PromptViewed, producer::KafkaConfig};
use futures_util::{StreamExt, TryStreamExt, stream};
use ids::{EventId, PromptId, UserId};
use promptforge::console::Bar;
use timestamp::Timestamp;
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, sleep},
};

use crate::{
    seed::rng::{Rng, Stream},
    seed_analytics::plan::{Plan, View, Viewer},
};

/// The number of messages of a task that the broker has not confirmed yet.
const UNCONFIRMED: usize = 8_000;

/// The number of tasks that fill a backlog.
const TASKS: u64 = 2;

/// The number of views between two steps of the progress bar.
const STEP: u64 = 10_000;

/// The pause between two groups of views at a steady rate.
const TICK: Duration = Duration::from_millis(5);

/// The time in which the service must have made the topics.
const TOPICS_TIMEOUT: Duration = Duration::from_secs(60);

const BAR: &str = "producing {bar:40.cyan} {human_pos}/{human_len}  {per_sec}  {eta} left";

/// A sender of views.
#[derive(Clone)]
pub struct Traffic {
    producer: Arc<Producer>,
    plan: Plan,
    /// The number of views made so far; no two are alike.
    made: Arc<AtomicU64>,
    /// The seed, another one for each run.
    seed: u64,
}

impl Traffic {
    /// Makes a producer.
    ///
    /// # Errors
    /// When the producer refuses its settings.
    pub fn new(brokers: &str, plan: Plan) -> anyhow::Result<Self> {
        let producer = Arc::new(Producer::new(&KafkaConfig { brokers: brokers.to_owned() })?);
        let seed = EventId::new().0.as_u64_pair().1;
        Ok(Self { producer, plan, made: Arc::default(), seed })
    }

    /// Makes a view that happens now.
    fn view(&self) -> Envelope<PromptViewed> {
        let number = self.made.fetch_add(1, Ordering::Relaxed);
        let mut rng = Rng::new(self.seed, Stream::Bench, number);
        let View { prompt_id, viewer, .. } = self.plan.view_at(&mut rng, self.plan.until);
        let (user_id, viewer_key) = match viewer {
            Viewer::Account(id) => (Some(UserId(id)), None),
            Viewer::Visitor(key) => (None, Some(key.simple().to_string())),
            Viewer::Unknown => (None, None),
        };
        Envelope::new(PromptViewed {
            prompt_id: PromptId(prompt_id),
            title: "A careful editor of release notes".to_owned(),
            category: "Writing".to_owned(),
            is_public: Some(true),
            user_id,
            viewer_key,
            viewed_at: Timestamp::now(),
        })
    }

    /// Sends one view, again and again until there is a topic for it: the service makes topics while it
    /// starts.
    ///
    /// # Errors
    /// When there is none after a minute.
    pub async fn wait_for_topics(&self) -> anyhow::Result<()> {
        let deadline = Instant::now() + TOPICS_TIMEOUT;
        loop {
            let view = self.view();
            let payload = serde_json::to_vec(&view)?;
            let key = view.payload.key();
            match self.producer.deliver(PromptViewed::TOPIC, &key, &payload).await {
                Ok(()) => return Ok(()),
                Err(error) if Instant::now() > deadline => return Err(error),
                Err(_) => sleep(TICK).await,
            }
        }
    }

    /// Sends views as fast as the broker confirms them, and returns the time that it took.
    ///
    /// # Errors
    /// When the broker does not confirm one.
    pub async fn send_backlog(&self, views: u64) -> anyhow::Result<Duration> {
        let started = Instant::now();
        let bar = Arc::new(Bar::new(views, BAR));
        let mut tasks = JoinSet::new();
        for task in 0..TASKS {
            let (traffic, bar) = (self.clone(), bar.clone());
            let share = views / TASKS + u64::from(task < views % TASKS);
            tasks.spawn(async move { traffic.send_share(share, &bar).await });
        }
        while let Some(sent) = tasks.join_next().await {
            sent.context("a task that sends ended")??;
        }
        bar.end();
        Ok(started.elapsed())
    }

    async fn send_share(&self, views: u64, bar: &Bar) -> anyhow::Result<()> {
        stream::iter(0..views)
            .map(|number| async move {
                let view = self.view();
                let payload = serde_json::to_vec(&view)?;
                let key = view.payload.key();
                self.producer.deliver(PromptViewed::TOPIC, &key, &payload).await?;
                anyhow::Ok(number)
            })
            .buffer_unordered(UNCONFIRMED)
            .try_for_each(async |number| {
                if number % STEP == STEP - 1 {
                    bar.advance(STEP);
                }
                Ok(())
            })
            .await?;
        bar.advance(views % STEP);
        Ok(())
    }

    /// Offers views at a steady rate, as requests do, and returns their number.
    ///
    /// # Errors
    /// When this process is too slow for the rate.
    pub async fn send_steadily(&self, per_second: u32, time: Duration) -> anyhow::Result<u64> {
        let started = Instant::now();
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        let mut sent = 0;
        while started.elapsed() < time {
            ticks.tick().await;
            let due = (started.elapsed().min(time).as_secs_f64() * f64::from(per_second)) as u64;
            for _ in sent..due {
                self.producer.offer(&self.view());
            }
            sent = due;
        }
        let late = started.elapsed().saturating_sub(time);
        ensure!(late < Duration::from_secs(1), "{per_second} a second is too much to produce");
        Ok(sent)
    }
}
