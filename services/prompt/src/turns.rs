//! Edits of one prompt take turns before each takes a connection: waiting for the row's lock instead,
//! fifty edits of one prompt would hold every connection of the pool, and nobody else would get one.
//!
//! It only spares connections. What keeps two editors, here or in other processes, from owning the
//! same version is the row's lock.

use std::hash::{DefaultHasher, Hash, Hasher};

use ids::PromptId;
use tokio::sync::{Mutex, MutexGuard};

/// Several prompts share a place in the queue; with this many places that hardly ever matters.
const PLACES: usize = 256;

pub struct Turns([Mutex<()>; PLACES]);

impl Default for Turns {
    fn default() -> Self {
        Self(std::array::from_fn(|_| Mutex::default()))
    }
}

impl Turns {
    /// Waits for a prompt's turn, which lasts until the guard is dropped. First come, first served.
    pub async fn of(&self, prompt: PromptId) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        prompt.hash(&mut hasher);
        self.0[hasher.finish() as usize % PLACES].lock().await
    }
}
