//! A cache of values, bounded in bytes, whose entries live for a moment.
//!
//! - **One read at a time.** Who asks for a key that is being read waits for that read. It runs in a task of
//!   its own: the first who asked may leave, and the others still get the value.
//! - **Nothing old over new.** A value is kept only if its key was not dropped since its read began. A read
//!   that began before goes on for those who wait for it, and its value is kept by nobody.
//! - **Nothing that is not there.** What was not found, and an error, is answered to those who waited.
//! - **A short life**, counted from before the read: whatever else fails, a value is no older than that.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard},
    time::{Duration, Instant},
};

use http_kit::context::RequestContext;
use moka::sync::Cache;
use tokio::sync::watch;
use tracing::Instrument;

use crate::{JsonAnswer, ReadError, SharedReadError};

/// A value, or its absence; an error is shared by all who waited for the read.
pub type Outcome<V> = Result<Option<V>, SharedReadError>;

/// A cache, which its clones share.
pub struct ReadCache<K, V = JsonAnswer>(Arc<Shared<K, V>>);

struct Shared<K, V> {
    entries: Cache<K, Entry<V>>,
    /// The reads whose values will be kept.
    reads: Mutex<HashMap<K, Read<V>>>,
    lifetime: Duration,
}

#[derive(Clone)]
struct Entry<V> {
    value: V,
    read_at: Instant,
}

struct Read<V> {
    began_at: Instant,
    outcome: watch::Receiver<Option<Outcome<V>>>,
}

// A derived one would ask for keys and values that can be cloned.
impl<K, V> Clone for ReadCache<K, V> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<K> ReadCache<K>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
{
    /// Makes a cache of answers that take this many bytes together.
    pub fn of_answers(lifetime: Duration, bytes: u64) -> Self {
        Self::new(lifetime, bytes, |_, answer| answer.weight())
    }
}

impl<K, V> ReadCache<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    /// Makes a cache of values that take this many bytes together, as `weigh` counts them.
    pub fn new(
        lifetime: Duration,
        bytes: u64,
        weigh: impl Fn(&K, &V) -> usize + Send + Sync + 'static,
    ) -> Self {
        let weigh = move |key: &K, entry: &Entry<V>| {
            u32::try_from(weigh(key, &entry.value)).unwrap_or(u32::MAX)
        };
        let entries =
            Cache::builder().max_capacity(bytes).weigher(weigh).time_to_live(lifetime).build();
        Self(Arc::new(Shared { entries, reads: Mutex::default(), lifetime }))
    }

    /// Returns the value of a key, which `read` reads unless the cache has it; `None` when there is none.
    ///
    /// # Errors
    /// The error of the read.
    pub async fn get<F>(&self, key: K, read: impl FnOnce() -> F) -> Outcome<V>
    where
        F: Future<Output = Result<Option<V>, ReadError>> + Send + 'static,
    {
        if let Some(value) = self.fresh(&key) {
            return Ok(Some(value));
        }
        let mut outcome = {
            let mut reads = self.lock();
            // A read may have ended since.
            if let Some(value) = self.fresh(&key) {
                return Ok(Some(value));
            }
            let running = reads.get(&key).filter(|read| read.began_at.elapsed() < self.0.lifetime);
            match running {
                Some(read) => read.outcome.clone(),
                None => {
                    let read = self.spawn(key.clone(), read());
                    let outcome = read.outcome.clone();
                    reads.insert(key.clone(), read);
                    outcome
                }
            }
        };
        let ended = outcome.wait_for(Option::is_some).await.map(|outcome| outcome.clone());
        match ended {
            Ok(Some(outcome)) => outcome,
            Ok(None) | Err(_) => {
                self.forget(&key);
                Err(SharedReadError(Arc::new(ReadError::Panicked)))
            }
        }
    }

    /// Returns the value of a key that always has one.
    ///
    /// # Errors
    /// The error of the read.
    pub async fn get_value<F>(&self, key: K, read: impl FnOnce() -> F) -> Result<V, SharedReadError>
    where
        F: Future<Output = Result<V, ReadError>> + Send + 'static,
    {
        let read = || {
            let read = read();
            async move { read.await.map(Some) }
        };
        let value = self.get(key, read).await?;
        value.ok_or_else(|| SharedReadError(Arc::new(ReadError::Panicked)))
    }

    /// Drops a key after a change was committed.
    pub fn forget(&self, key: &K) {
        let mut reads = self.lock();
        reads.remove(key);
        self.0.entries.invalidate(key);
    }

    /// Drops every key.
    pub fn clear(&self) {
        let mut reads = self.lock();
        reads.clear();
        self.0.entries.invalidate_all();
    }

    fn fresh(&self, key: &K) -> Option<V> {
        let entry = self.0.entries.get(key)?;
        (entry.read_at.elapsed() < self.0.lifetime).then_some(entry.value)
    }

    fn spawn<F>(&self, key: K, read: F) -> Read<V>
    where
        F: Future<Output = Result<Option<V>, ReadError>> + Send + 'static,
    {
        let (sender, outcome) = watch::channel(None);
        let (cache, began_at) = (self.clone(), Instant::now());
        let own = outcome.clone();
        let task = async move {
            let outcome = read.await.map_err(|error| SharedReadError(Arc::new(error)));
            cache.keep(key, &own, began_at, &outcome);
            let _ = sender.send(Some(outcome));
        };
        let task = task.in_current_span();
        // Cursors, and calls of other services, are made in the name of the request.
        match RequestContext::current() {
            Some(context) => drop(tokio::spawn(context.scope(task))),
            None => drop(tokio::spawn(task)),
        }
        Read { began_at, outcome }
    }

    /// Keeps the value of a read, unless its key was dropped since.
    fn keep(
        &self,
        key: K,
        own: &watch::Receiver<Option<Outcome<V>>>,
        read_at: Instant,
        outcome: &Outcome<V>,
    ) {
        let mut reads = self.lock();
        if !reads.get(&key).is_some_and(|read| read.outcome.same_channel(own)) {
            return;
        }
        reads.remove(&key);
        if let Ok(Some(value)) = outcome {
            self.0.entries.insert(key, Entry { value: value.clone(), read_at });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Read<V>>> {
        // A poisoned map is still a map of reads.
        self.0.reads.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests;
