//! The views and unique viewers of prompts over the days up to today, cached for seconds: each call of the
//! ranking shows nearly the same prompts.

use std::{collections::HashMap, time::Duration};

use chrono::TimeDelta;
use ids::PromptId;
use moka::sync::Cache;
use sqlx::PgPool;
use timestamp::Timestamp;

use crate::{
    domain::{LocalDay, quarter::midnight},
    service::prompt_views,
};

const CACHED_FOR: Duration = Duration::from_secs(2);
const CAPACITY: u64 = 10_000;

/// A cache in front of the rollups.
#[derive(Clone)]
pub struct RecentCounts(Cache<(PromptId, u16), (i64, i64)>);

impl Default for RecentCounts {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(CAPACITY).time_to_live(CACHED_FOR).build())
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
        let mut unknown = Vec::new();
        for prompt in prompts {
            match self.0.get(&(*prompt, days)) {
                Some(count) => drop(counts.insert(*prompt, count)),
                None => unknown.push(*prompt),
            }
        }
        if !unknown.is_empty() {
            let found = prompt_views::period_counts(pool, &unknown, &period(days)).await?;
            for prompt in unknown {
                let count = found.get(&prompt).copied().unwrap_or_default();
                self.0.insert((prompt, days), count);
                counts.insert(prompt, count);
            }
        }
        Ok(counts)
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
