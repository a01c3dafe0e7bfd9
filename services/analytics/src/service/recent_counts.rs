//! The views and unique viewers of prompts over the days up to today, cached for seconds: each call of the
//! ranking shows nearly the same prompts.
//!
//! While somebody asks, figures are renewed behind the answers, so that no caller waits for a hundred prompts.

use std::{
    collections::HashMap,
    sync::Arc,
    time::{Duration, Instant},
};

use chrono::TimeDelta;
use ids::PromptId;
use moka::sync::Cache;
use sqlx::PgPool;
use timestamp::Timestamp;
use tokio::sync::Semaphore;

use crate::{
    domain::{LocalDay, quarter::midnight},
    service::prompt_views,
};

/// The age from which on figures are renewed, and the age at which they are forgotten.
const RENEWED_AFTER: Duration = Duration::from_secs(1);
const CACHED_FOR: Duration = Duration::from_secs(3);
const CAPACITY: u64 = 10_000;

/// The most calls that read figures at once, beside one that renews them; others wait.
const READERS: usize = 2;

type Key = (PromptId, u16);

/// The views and unique viewers of a prompt.
#[derive(Clone, Copy)]
struct Counts {
    views: i64,
    unique_viewers: i64,
    read_at: Instant,
}

/// A cache in front of the rollups.
#[derive(Clone)]
pub struct RecentCounts {
    cache: Cache<Key, Counts>,
    readers: Arc<Semaphore>,
    renewal: Arc<Semaphore>,
}

impl Default for RecentCounts {
    fn default() -> Self {
        Self {
            cache: Cache::builder().max_capacity(CAPACITY).time_to_live(CACHED_FOR).build(),
            readers: Arc::new(Semaphore::new(READERS)),
            renewal: Arc::new(Semaphore::new(1)),
        }
    }
}

impl RecentCounts {
    /// Returns the views and unique viewers of some prompts today and on the `days - 1` days before.
    pub async fn of(
        &self,
        pool: &PgPool,
        prompts: &[PromptId],
        days: u16,
    ) -> sqlx::Result<HashMap<PromptId, (i64, i64)>> {
        let mut counts = HashMap::with_capacity(prompts.len());
        let unknown = self.look_up(prompts, days, &mut counts);
        if !unknown.is_empty() {
            let _permit = self.readers.acquire().await;
            // Another call may have read them meanwhile.
            let unknown = self.look_up(&unknown, days, &mut counts);
            self.read(pool, &unknown, days).await?;
            self.look_up(&unknown, days, &mut counts);
        }
        self.renew(pool, prompts, days);
        Ok(counts)
    }

    /// Finds counts in the cache; returns the prompts that it does not have.
    fn look_up(
        &self,
        prompts: &[PromptId],
        days: u16,
        counts: &mut HashMap<PromptId, (i64, i64)>,
    ) -> Vec<PromptId> {
        let mut unknown = Vec::new();
        for prompt in prompts {
            match self.cache.get(&(*prompt, days)) {
                Some(known) => drop(counts.insert(*prompt, (known.views, known.unique_viewers))),
                None => unknown.push(*prompt),
            }
        }
        unknown
    }

    async fn read(&self, pool: &PgPool, prompts: &[PromptId], days: u16) -> sqlx::Result<()> {
        if prompts.is_empty() {
            return Ok(());
        }
        let read_at = Instant::now();
        let found = prompt_views::period_counts(pool, prompts, &period(days)).await?;
        for prompt in prompts {
            let (views, unique_viewers) = found.get(prompt).copied().unwrap_or_default();
            self.cache.insert((*prompt, days), Counts { views, unique_viewers, read_at });
        }
        Ok(())
    }

    /// Renews what is old, one page at a time: while one is being renewed, the next call may see to another.
    fn renew(&self, pool: &PgPool, prompts: &[PromptId], days: u16) {
        let is_old = |prompt: &&PromptId| {
            let known = self.cache.get(&(**prompt, days));
            known.is_some_and(|known| known.read_at.elapsed() >= RENEWED_AFTER)
        };
        let old: Vec<PromptId> = prompts.iter().filter(is_old).copied().collect();
        if old.is_empty() {
            return;
        }
        let Ok(permit) = self.renewal.clone().try_acquire_owned() else { return };
        let (cache, pool) = (self.clone(), pool.clone());
        tokio::spawn(async move {
            let _permit = permit;
            if let Err(error) = cache.read(&pool, &old, days).await {
                tracing::warn!("views of trending prompts were not renewed: {error}");
            }
        });
    }
}

/// Returns today and the `days - 1` days before it (UTC).
fn period(days: u16) -> Vec<LocalDay> {
    let today = midnight(Timestamp::now().0.date_naive());
    let day = |ago: u16| {
        let start = today - TimeDelta::days(ago.into());
        LocalDay { start: Timestamp(start), end: Timestamp(start + TimeDelta::days(1)) }
    };
    (0..days).rev().map(day).collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot set up must fail")]
mod tests {
    use testkit::eventually;

    use super::*;
    use crate::{
        domain::DayViews,
        repo::prompt_days::{self, PromptDay},
    };

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn old_counts_are_answered_and_renewed_behind_the_answer(pool: PgPool) {
        let (prompt_id, day) = (PromptId::new(), Timestamp::now().0.date_naive());
        let views = DayViews::of_views([(0, None), (1, None)]);
        let mut connection = pool.acquire().await.unwrap();
        let rows = [PromptDay { prompt_id, day, views }];
        prompt_days::upsert(&mut connection, &rows).await.unwrap();
        drop(connection);
        let counts = RecentCounts::default();
        let read_at = Instant::now().checked_sub(RENEWED_AFTER).unwrap();
        let old = Counts { views: 1, unique_viewers: 1, read_at };
        counts.cache.insert((prompt_id, 7), old);

        let answered = counts.of(&pool, &[prompt_id], 7).await.unwrap();
        assert_eq!(answered[&prompt_id], (1, 1));
        // Nobody asks again, and an entry that is not renewed is gone after seconds.
        eventually("the counts are renewed", async || {
            counts.cache.get(&(prompt_id, 7)).filter(|known| known.views == 2)
        })
        .await;
    }
}
