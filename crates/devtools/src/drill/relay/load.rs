//! The transactions that write events, as the prompt service does.

use std::{collections::HashMap, time::Duration};

use anyhow::Context;
use events::{Envelope, PromptCreated, outbox};
use ids::{PromptId, UserId};
use sqlx::PgPool;
use timestamp::Timestamp;
use tokio::{
    task::JoinSet,
    time::{MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::seed::rng::{Rng, Stream};

/// The number of writers at once, each with keys of its own: the order of a key's events is then known.
pub const WRITERS: u32 = 10;

/// The number of keys of one writer.
const KEYS: usize = 20;

/// The most events in one transaction.
const EVENTS: usize = 3;

/// The longest time for which a transaction stays open, in milliseconds: a later one commits before it.
const OPEN: usize = 20;

/// The number of events of each key that were committed; their titles are the numbers from 1.
pub type Written = HashMap<PromptId, u64>;

/// The writers.
pub struct Load {
    writers: JoinSet<anyhow::Result<Written>>,
    stop: CancellationToken,
}

impl Load {
    /// Starts writers that write `rate` events a second together.
    pub fn start(database: &PgPool, seed: u64, rate: u32) -> Self {
        let (mut writers, stop) = (JoinSet::new(), CancellationToken::new());
        for writer in 0..WRITERS {
            let rng = Rng::new(seed, Stream::Drill, u64::from(writer) + 1);
            // A transaction holds two events on average.
            let period = Duration::from_secs(2) * WRITERS / rate;
            writers.spawn(write(database.clone(), rng, period, stop.clone()));
        }
        Self { writers, stop }
    }

    /// Stops the writers and returns what they wrote.
    ///
    /// # Errors
    /// The error of a writer.
    pub async fn stop(mut self) -> anyhow::Result<Written> {
        self.stop.cancel();
        let mut all = Written::new();
        while let Some(written) = self.writers.join_next().await {
            all.extend(written?.context("a writer")?);
        }
        Ok(all)
    }
}

/// Writes until `stop`.
async fn write(
    database: PgPool,
    mut rng: Rng,
    period: Duration,
    stop: CancellationToken,
) -> anyhow::Result<Written> {
    let keys: Vec<PromptId> = (0..KEYS).map(|_| PromptId::new()).collect();
    let mut written = Written::new();
    let mut clock = interval(period);
    clock.set_missed_tick_behavior(MissedTickBehavior::Burst);
    while !stop.is_cancelled() {
        clock.tick().await;
        let first = rng.below(KEYS);
        let mut tx = database.begin().await?;
        let chosen = (0..rng.between(1, EVENTS)).map(|next| keys[(first + next) % KEYS]);
        let chosen: Vec<PromptId> = chosen.collect();
        for key in &chosen {
            let number = written.get(key).copied().unwrap_or(0) + 1;
            outbox::write(&mut tx, &Envelope::new(event(*key, number))).await?;
        }
        sleep(Duration::from_millis(rng.below(OPEN) as u64)).await;
        tx.commit().await?;
        for key in chosen {
            *written.entry(key).or_default() += 1;
        }
    }
    Ok(written)
}

fn event(key: PromptId, number: u64) -> PromptCreated {
    PromptCreated {
        prompt_id: key,
        title: number.to_string(),
        user_id: UserId::new(),
        username: "drill".to_owned(),
        category: "Drill".to_owned(),
        is_public: true,
        created_at: Timestamp::now(),
    }
}
