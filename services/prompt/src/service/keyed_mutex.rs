//! A mutex for each prompt. An edit takes it before it takes a connection: waiting for the row's lock
//! instead, fifty edits of one prompt would hold every connection of the pool, and leave none for others.
//!
//! It only saves connections. The row's lock is what keeps two editors, in this process or in others,
//! from owning the same version.

use std::hash::{DefaultHasher, Hash, Hasher};

use ids::PromptId;
use tokio::sync::{Mutex, MutexGuard};

/// Mutexes, each for the prompts whose ids have the same hash; with 256 they are rarely shared.
const BUCKETS: usize = 256;

pub struct KeyedMutex([Mutex<()>; BUCKETS]);

impl Default for KeyedMutex {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl KeyedMutex {
    /// Locks a prompt's mutex until the guard is dropped. First come, first served.
    pub async fn lock(&self, prompt: PromptId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        prompt.hash(&mut hasher);
        self.0[hasher.finish() as usize % BUCKETS].lock().await
    }
}
