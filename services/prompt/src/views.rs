//! Counting views without a write on the read path: they add up in memory and are written once a
//! second, all prompts in one statement.
//!
//! A process that is killed loses at most the last second's count. The events that analytics
//! counts by are apart from this.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

use ids::PromptId;
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::repo::counters;

const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// Views not yet written.
#[derive(Default)]
pub struct Views {
    pending: Mutex<HashMap<PromptId, i64>>,
}

impl Views {
    pub fn add(&self, prompt: PromptId) {
        *self.lock().entry(prompt).or_default() += 1;
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
        let pending = std::mem::take(&mut *self.lock());
        if pending.is_empty() {
            return;
        }
        if let Err(error) = counters::add_views(pool, &pending).await {
            tracing::warn!("views not counted yet: {error}");
            let mut current = self.lock();
            for (prompt, count) in pending {
                *current.entry(prompt).or_default() += count;
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<PromptId, i64>> {
        // A poisoned map is still a map of counts.
        self.pending.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}
