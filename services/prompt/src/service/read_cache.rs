//! A cache of what is read often, bounded in bytes, whose entries live for a moment.
//!
//! - **One read at a time.** Who asks for a key that is being read waits for that read. It runs in a task of
//!   its own: whoever asked first may leave, and the others still get the value.
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

use crate::error::ReadError;

/// A value, or its absence; an error is shared by all who waited for the read.
pub type Outcome<V> = Result<Option<Arc<V>>, Arc<ReadError>>;

pub struct ReadCache<K, V> {
    entries: Cache<K, Entry<V>>,
    /// The reads whose values will be kept.
    reads: Mutex<HashMap<K, Read<V>>>,
    lifetime: Duration,
}

struct Entry<V> {
    value: Arc<V>,
    read_at: Instant,
}

struct Read<V> {
    began_at: Instant,
    outcome: watch::Receiver<Option<Outcome<V>>>,
}

// Derived ones would ask for a `V` that can be cloned.
impl<V> Clone for Entry<V> {
    fn clone(&self) -> Self {
        Self { value: self.value.clone(), read_at: self.read_at }
    }
}

impl<K, V> ReadCache<K, V>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    V: Send + Sync + 'static,
{
    /// Makes a cache of this many bytes, as `weigh` counts them.
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
        Self { entries, reads: Mutex::default(), lifetime }
    }

    /// Returns the value of a key, which `read` reads unless the cache has it.
    pub async fn get<F>(self: &Arc<Self>, key: K, read: impl FnOnce() -> F) -> Outcome<V>
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
            let running = reads.get(&key).filter(|read| read.began_at.elapsed() < self.lifetime);
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
            // The read has panicked.
            Ok(None) | Err(_) => {
                self.forget(&key);
                Err(Arc::new(sqlx::Error::WorkerCrashed.into()))
            }
        }
    }

    /// Drops a key after a change was committed.
    pub fn forget(&self, key: &K) {
        let mut reads = self.lock();
        reads.remove(key);
        self.entries.invalidate(key);
    }

    /// Drops every key.
    pub fn clear(&self) {
        let mut reads = self.lock();
        reads.clear();
        self.entries.invalidate_all();
    }

    fn fresh(&self, key: &K) -> Option<Arc<V>> {
        let entry = self.entries.get(key)?;
        (entry.read_at.elapsed() < self.lifetime).then_some(entry.value)
    }

    fn spawn<F>(self: &Arc<Self>, key: K, read: F) -> Read<V>
    where
        F: Future<Output = Result<Option<V>, ReadError>> + Send + 'static,
    {
        let (sender, outcome) = watch::channel(None);
        let (cache, began_at, own) = (self.clone(), Instant::now(), outcome.clone());
        // A page's cursor belongs to the path of the request.
        let context = RequestContext::current();
        let task = async move {
            let outcome = match context {
                Some(context) => context.scope(read).await,
                None => read.await,
            };
            let outcome = outcome.map(|value| value.map(Arc::new)).map_err(Arc::new);
            cache.keep(key, &own, began_at, &outcome);
            let _ = sender.send(Some(outcome));
        };
        tokio::spawn(task.in_current_span());
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
            self.entries.insert(key, Entry { value: value.clone(), read_at });
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<K, Read<V>>> {
        // A poisoned map is still a map of reads.
        self.reads.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::{sync::oneshot, task::yield_now};

    use super::*;

    /// Longer than any test takes.
    const LONG: Duration = Duration::from_secs(600);

    fn cache(lifetime: Duration) -> Arc<ReadCache<u32, String>> {
        Arc::new(ReadCache::new(lifetime, 1 << 20, |_, value: &String| value.len()))
    }

    /// Reads at once.
    async fn value(cache: &Arc<ReadCache<u32, String>>, text: &str) -> String {
        let text = text.to_owned();
        cache.get(1, || async { Ok(Some(text)) }).await.unwrap().unwrap().to_string()
    }

    /// Begins a read that ends when the sender says so, and with what.
    async fn begin(
        cache: &Arc<ReadCache<u32, String>>,
    ) -> (oneshot::Sender<Option<String>>, tokio::task::JoinHandle<Outcome<String>>) {
        let (sender, receiver) = oneshot::channel();
        let reader = cache.clone();
        let reader =
            tokio::spawn(
                async move { reader.get(1, || async { Ok(receiver.await.unwrap()) }).await },
            );
        while !cache.lock().contains_key(&1) {
            yield_now().await;
        }
        (sender, reader)
    }

    #[tokio::test]
    async fn a_thousand_at_once_for_one_cold_key_are_one_read() {
        let (cache, reads) = (cache(LONG), Arc::new(AtomicUsize::new(0)));
        let readers: Vec<_> = (0..1000)
            .map(|_| {
                let (cache, reads) = (cache.clone(), reads.clone());
                tokio::spawn(async move {
                    let read = || async move {
                        reads.fetch_add(1, Ordering::SeqCst);
                        yield_now().await;
                        Ok(Some("text".to_owned()))
                    };
                    cache.get(1, read).await.unwrap().unwrap()
                })
            })
            .collect();
        for reader in readers {
            assert_eq!(*reader.await.unwrap(), "text");
        }
        assert_eq!(reads.load(Ordering::SeqCst), 1);
    }

    #[tokio::test]
    async fn the_first_reader_may_leave_and_the_others_get_the_value() {
        let cache = cache(LONG);
        let (sender, first) = begin(&cache).await;
        let second = tokio::spawn({
            let cache = cache.clone();
            async move { value(&cache, "a second read").await }
        });
        yield_now().await;
        first.abort();
        assert!(first.await.unwrap_err().is_cancelled());
        sender.send(Some("the first read".to_owned())).unwrap();
        assert_eq!(second.await.unwrap(), "the first read");
        assert_eq!(value(&cache, "a third read").await, "the first read");
    }

    #[tokio::test]
    async fn a_read_that_began_before_a_change_is_not_kept_after_it() {
        for forget in [|cache: &ReadCache<u32, String>| cache.forget(&1), ReadCache::clear] {
            let cache = cache(LONG);
            let (sender, before) = begin(&cache).await;
            forget(&cache);
            assert_eq!(value(&cache, "new").await, "new", "it waits for no read from before");
            sender.send(Some("old".to_owned())).unwrap();
            assert_eq!(*before.await.unwrap().unwrap().unwrap(), "old");
            assert_eq!(value(&cache, "newer").await, "new");
            forget(&cache);
            assert_eq!(value(&cache, "newer").await, "newer");
        }
    }

    #[tokio::test]
    async fn what_was_not_found_or_failed_is_asked_for_again() {
        let cache = cache(LONG);
        assert!(cache.get(1, || async { Ok(None) }).await.unwrap().is_none());
        assert!(cache.get(1, || async { Err(sqlx::Error::PoolTimedOut.into()) }).await.is_err());
        assert_eq!(value(&cache, "there").await, "there");
    }

    #[tokio::test]
    async fn a_panic_of_a_read_is_an_error_of_those_who_waited_only() {
        let cache = cache(LONG);
        let (sender, reader) = begin(&cache).await;
        drop(sender);
        assert!(reader.await.unwrap().is_err());
        assert_eq!(value(&cache, "there").await, "there");
    }

    #[tokio::test]
    async fn a_value_lives_from_before_its_read_and_no_longer() {
        let cache = cache(Duration::from_millis(20));
        let (sender, reader) = begin(&cache).await;
        tokio::time::sleep(Duration::from_millis(25)).await;
        sender.send(Some("old".to_owned())).unwrap();
        assert_eq!(*reader.await.unwrap().unwrap().unwrap(), "old");
        assert_eq!(value(&cache, "new").await, "new");
    }

    #[tokio::test]
    async fn memory_stays_within_its_bound_under_a_million_keys() {
        let cache: Arc<ReadCache<u32, u32>> = Arc::new(ReadCache::new(LONG, 1 << 20, |_, _| 1024));
        for key in 0..1_000_000 {
            cache.entries.insert(key, Entry { value: Arc::new(key), read_at: Instant::now() });
            if key % 10_000 == 0 {
                assert!(cache.entries.weighted_size() <= 2 << 20);
            }
        }
        cache.entries.run_pending_tasks();
        assert!(cache.entries.weighted_size() <= 1 << 20, "{}", cache.entries.weighted_size());
        assert!(cache.lock().is_empty());
    }
}
