//! Counting views without a write on the read path: they add up in memory and are written once a
//! second, many prompts in one statement.
//!
//! A process that is killed loses at most the last second's count. The events that analytics
//! counts by are apart from this.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use ids::PromptId;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::repo::counters;

const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// How many prompts are written in one statement: each stays locked until the last of them is done,
/// and someone may be waiting to like it.
const BATCH: usize = 500;

/// How many prompts may wait. More can only come together while nothing can be written; their views
/// are dropped, and counted in `views_dropped_total`.
const MAX_PENDING: usize = 100_000;

/// Views not yet written.
#[derive(Default)]
pub struct Views {
    pending: Mutex<HashMap<PromptId, i64>>,
}

impl Views {
    pub fn add(&self, prompt: PromptId) {
        add(&mut self.lock(), prompt, 1);
    }

    /// Writes every second until `shutdown`.
    pub async fn flush_until(&self, pool: &PgPool, shutdown: CancellationToken) {
        loop {
            tokio::select! {
                () = tokio::time::sleep(FLUSH_EVERY) => self.flush(pool).await,
                () = shutdown.cancelled() => return,
            }
        }
    }

    /// Writes what is pending; what cannot be written stays pending.
    pub async fn flush(&self, pool: &PgPool) {
        let pending: Vec<_> = std::mem::take(&mut *self.lock()).into_iter().collect();
        for (i, batch) in pending.chunks(BATCH).enumerate() {
            if let Err(error) = counters::add_views(pool, batch).await {
                tracing::warn!("views not counted yet: {error}");
                let mut current = self.lock();
                for &(prompt, count) in &pending[i * BATCH..] {
                    add(&mut current, prompt, count);
                }
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PromptId, i64>> {
        // A poisoned map is still a map of counts.
        self.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn add(pending: &mut HashMap<PromptId, i64>, prompt: PromptId, count: i64) {
    let full = pending.len() >= MAX_PENDING;
    match pending.entry(prompt) {
        Entry::Occupied(mut waiting) => *waiting.get_mut() += count,
        Entry::Vacant(new) if !full => {
            new.insert(count);
        }
        Entry::Vacant(_) => {
            metrics::counter!("views_dropped_total").increment(count.unsigned_abs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_takes_no_more_prompts_but_goes_on_counting_those_it_has() {
        let views = Views::default();
        let first = PromptId::new();
        views.add(first);
        for _ in 1..MAX_PENDING + 5 {
            views.add(PromptId::new());
        }
        views.add(first);
        let pending = views.lock();
        assert_eq!((pending.len(), pending[&first]), (MAX_PENDING, 2));
    }
}
