//! Counting views and uses without a write on the read path: they add up in memory and are written once
//! a second, many prompts in one statement.
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

/// How many prompts may wait. More can only come together while nothing can be written; what they
/// would count is dropped; the views are counted in `views_dropped_total`.
const MAX_PENDING: usize = 100_000;

/// How often a prompt was read by others than its author, and how often it was filled in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub views: i64,
    pub uses: i64,
}

/// What is not yet written.
#[derive(Default)]
pub struct Traffic {
    pending: Mutex<HashMap<PromptId, Tally>>,
}

impl Traffic {
    pub fn viewed(&self, prompt: PromptId) {
        add(&mut self.lock(), prompt, Tally { views: 1, uses: 0 });
    }

    pub fn used(&self, prompt: PromptId) {
        add(&mut self.lock(), prompt, Tally { views: 0, uses: 1 });
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
            if let Err(error) = counters::add_traffic(pool, batch).await {
                tracing::warn!("traffic not counted yet: {error}");
                let mut current = self.lock();
                for &(prompt, tally) in &pending[i * BATCH..] {
                    add(&mut current, prompt, tally);
                }
                return;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PromptId, Tally>> {
        // A poisoned map is still a map of counts.
        self.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

fn add(pending: &mut HashMap<PromptId, Tally>, prompt: PromptId, tally: Tally) {
    let full = pending.len() >= MAX_PENDING;
    match pending.entry(prompt) {
        Entry::Occupied(mut waiting) => {
            let waiting = waiting.get_mut();
            waiting.views += tally.views;
            waiting.uses += tally.uses;
        }
        Entry::Vacant(new) if !full => {
            new.insert(tally);
        }
        Entry::Vacant(_) => {
            metrics::counter!("views_dropped_total").increment(tally.views.unsigned_abs());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_map_takes_no_more_prompts_but_goes_on_counting_those_it_has() {
        let traffic = Traffic::default();
        let first = PromptId::new();
        traffic.viewed(first);
        for _ in 1..MAX_PENDING + 5 {
            traffic.viewed(PromptId::new());
        }
        traffic.viewed(first);
        traffic.used(first);
        let pending = traffic.lock();
        assert_eq!((pending.len(), pending[&first]), (MAX_PENDING, Tally { views: 2, uses: 1 }));
    }
}
