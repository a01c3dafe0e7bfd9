//! Counting views and uses without a write on the read path. They add up in memory, and a job writes them
//! once a second, many prompts in one statement.
//!
//! A process that is killed loses at most the last second's counts. The events that analytics counts are
//! separate from these.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::{Mutex, MutexGuard},
};

use ids::PromptId;
use sqlx::PgPool;

use crate::{domain::UsageDelta, repo::counters};

/// Prompts written in one statement: each stays locked until the last of them is done, and a like may be
/// waiting for it.
const BATCH: usize = 500;

/// Prompts whose counts may wait. More come together only while nothing can be written; their counts are
/// dropped, and the dropped views counted in `views_dropped_total`.
const MAX_PENDING: usize = 100_000;

/// The counts that are not written yet.
#[derive(Default)]
pub struct UsageCounter {
    pending: Mutex<HashMap<PromptId, UsageDelta>>,
}

impl UsageCounter {
    pub fn add_view(&self, prompt: PromptId) {
        add(&mut self.lock(), prompt, UsageDelta { views: 1, uses: 0 });
    }

    pub fn add_use(&self, prompt: PromptId) {
        add(&mut self.lock(), prompt, UsageDelta { views: 0, uses: 1 });
    }

    /// Writes the pending counts. Those that cannot be written stay pending.
    ///
    /// # Errors
    /// When Postgres refuses a batch.
    pub async fn flush(&self, pool: &PgPool) -> sqlx::Result<()> {
        let pending: Vec<_> = std::mem::take(&mut *self.lock()).into_iter().collect();
        for (i, batch) in pending.chunks(BATCH).enumerate() {
            if let Err(error) = counters::add_usage(pool, batch).await {
                let mut current = self.lock();
                for &(prompt, delta) in &pending[i * BATCH..] {
                    add(&mut current, prompt, delta);
                }
                return Err(error);
            }
        }
        Ok(())
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PromptId, UsageDelta>> {
        // A poisoned map is still a map of counts.
        self.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn add(pending: &mut HashMap<PromptId, UsageDelta>, prompt: PromptId, delta: UsageDelta) {
    let full = pending.len() >= MAX_PENDING;
    match pending.entry(prompt) {
        Entry::Occupied(mut waiting) => {
            let waiting = waiting.get_mut();
            waiting.views += delta.views;
            waiting.uses += delta.uses;
        }
        Entry::Vacant(new) if !full => {
            new.insert(delta);
        }
        Entry::Vacant(_) => {
            metrics::counter!("views_dropped_total").increment(delta.views.unsigned_abs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_takes_no_more_prompts_but_goes_on_counting_those_it_has() {
        let counter = UsageCounter::default();
        let first = PromptId::new();
        counter.add_view(first);
        for _ in 1..MAX_PENDING + 5 {
            counter.add_view(PromptId::new());
        }
        counter.add_view(first);
        counter.add_use(first);
        let pending = counter.lock();
        assert_eq!(
            (pending.len(), pending[&first]),
            (MAX_PENDING, UsageDelta { views: 2, uses: 1 })
        );
    }
}
