//! The search index of this instance, as requests see it. `jobs::follow_search_changes` fills it.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use http_kit::blocking::ConcurrencyLimit;
use metrics::gauge;
use read_cache::Generation;
use search::{Found, Index, Request, SearchError};
use tokio::sync::Notify;

use crate::error::ServiceError;

/// How long an index may answer that no longer follows. What it has of prompts that were hidden since would
/// show in suggestions and totals.
const MAX_AGE: Duration = Duration::from_secs(10);

/// How many prompts take longer to rank than a second thread takes to begin. A page of so many is read more slowly,
/// too: the processor has few of them in its caches.
const LARGE: usize = 50_000;

/// How much of the prompts an index has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Progress {
    /// Nothing is known yet.
    #[default]
    Starting,
    /// Prompts are still being added. `is_elsewhere` is whether another instance has them all.
    Building { is_elsewhere: bool },
    /// The index has what the database had a moment ago.
    Complete,
}

pub struct SearchIndex {
    /// `None` until an index could be opened.
    index: RwLock<Option<Index>>,
    progress: Mutex<Progress>,
    /// When the index last had what the log of changes has, or was committed on the way there.
    followed_at: Mutex<Option<Instant>>,
    is_broken: AtomicBool,
    /// Begins the next with each commit: what was found before is asked for no more.
    generation: Generation,
    /// Notified when prompts have changed, or the index is broken.
    pub wake: Arc<Notify>,
    /// Searches at once: each takes a thread.
    limit: ConcurrencyLimit,
}

impl SearchIndex {
    /// Makes an index that is not open yet.
    pub fn new(limit: ConcurrencyLimit) -> Self {
        Self {
            index: RwLock::default(),
            progress: Mutex::default(),
            followed_at: Mutex::default(),
            is_broken: AtomicBool::default(),
            generation: Generation::default(),
            wake: Arc::default(),
            limit,
        }
    }

    /// Asks the index on a blocking thread.
    pub async fn ask<T: Send + 'static>(
        &self,
        question: impl FnOnce(&Index) -> Result<T, SearchError> + Send + 'static,
    ) -> Result<T, ServiceError> {
        let index = self.filled_index().ok_or(ServiceError::SearchNotReady)?;
        self.check(self.limit.run(move || question(&index)).await?)
    }

    /// Searches on a blocking thread, and on another one where nobody needs that.
    pub async fn search(&self, request: Request) -> Result<Found, ServiceError> {
        let index = self.filled_index().ok_or(ServiceError::SearchNotReady)?;
        // A second thread would keep another search waiting for nothing.
        if index.len() < LARGE {
            return self.check(self.limit.run(move || index.search(&request)).await?);
        }
        let search = move |on_two_threads| index.search(&Request { on_two_threads, ..request });
        self.check(self.limit.run_on_two(search).await?)
    }

    /// Notes an index that is broken.
    fn check<T>(&self, answer: Result<T, SearchError>) -> Result<T, ServiceError> {
        answer.map_err(|error @ SearchError::Broken(_)| {
            tracing::error!("{error}");
            self.is_broken.store(true, Ordering::Relaxed);
            self.wake.notify_one();
            ServiceError::SearchNotReady
        })
    }

    /// Returns the index, unless it no longer follows, or is still being built and holds nothing: that it
    /// finds nothing would be wrong.
    fn filled_index(&self) -> Option<Index> {
        if !self.is_followed() {
            return None;
        }
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner).clone()?;
        (*self.progress() == Progress::Complete || !index.is_empty()).then_some(index)
    }

    /// Returns the number of the present generation.
    pub fn generation(&self) -> u64 {
        self.generation.number()
    }

    /// Begins the next generation, after a commit.
    pub fn begin_next_generation(&self) {
        self.generation.begin_next();
    }

    /// Replaces the index.
    pub fn set(&self, index: Index) {
        *self.index.write().unwrap_or_else(PoisonError::into_inner) = Some(index);
    }

    /// Notes that the index follows the log of changes.
    pub fn note_followed(&self) {
        *self.followed_at.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    fn is_followed(&self) -> bool {
        let followed_at = *self.followed_at.lock().unwrap_or_else(PoisonError::into_inner);
        followed_at.is_some_and(|at| at.elapsed() < MAX_AGE)
    }

    pub fn set_progress(&self, progress: Progress) {
        *self.progress() = progress;
        let is_complete = progress == Progress::Complete;
        gauge!("search_is_complete").set(f64::from(u8::from(is_complete)));
        gauge!("search_documents").set(self.len() as f64);
    }

    /// Notes that a round of filling the index failed: one that was complete stays so, and is behind.
    pub fn note_failure(&self) {
        let mut progress = self.progress();
        if *progress == Progress::Starting {
            *progress = Progress::Building { is_elsewhere: false };
        }
    }

    /// Returns whether a request found the index broken since the last call.
    pub fn take_broken(&self) -> bool {
        self.is_broken.swap(false, Ordering::Relaxed)
    }

    /// Counts the prompts in the index.
    pub fn len(&self) -> usize {
        let index = self.index.read().unwrap_or_else(PoisonError::into_inner);
        index.as_ref().map_or(0, Index::len)
    }

    /// Returns whether there are so many prompts that two threads are quicker than one, and no other search is
    /// being ranked at the moment.
    pub fn has_spare_thread(&self) -> bool {
        self.len() >= LARGE && self.limit.has_free(2)
    }

    /// Checks that the index has all prompts.
    pub async fn ensure_complete(self: Arc<Self>) -> anyhow::Result<()> {
        anyhow::ensure!(
            *self.progress() == Progress::Complete,
            "the search index is being built, and has {} prompts",
            self.len()
        );
        anyhow::ensure!(self.is_followed(), "the search index no longer follows the prompts");
        Ok(())
    }

    /// Checks that no other instance should be asked instead: one whose index is complete, while this one's
    /// is not.
    pub async fn ensure_preferred(self: Arc<Self>) -> anyhow::Result<()> {
        let progress = *self.progress();
        match progress {
            Progress::Complete if !self.is_followed() => {
                anyhow::bail!("the search index no longer follows the prompts")
            }
            Progress::Complete | Progress::Building { is_elsewhere: false } => Ok(()),
            Progress::Starting | Progress::Building { is_elsewhere: true } => {
                anyhow::bail!(
                    "the search index is being built, and another instance has a complete one"
                )
            }
        }
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[tokio::test]
    async fn an_index_that_no_longer_follows_does_not_answer() {
        let dir = tempdir().unwrap();
        let index = Arc::new(SearchIndex::new(ConcurrencyLimit::new(1)));
        let ask = async || index.ask(|index| Ok(index.len())).await;
        index.set(Index::open(dir.path()).unwrap().0);
        index.note_followed();
        index.set_progress(Progress::Complete);
        assert_eq!(ask().await.unwrap(), 0);
        index.clone().ensure_preferred().await.unwrap();
        *index.followed_at.lock().unwrap() = Instant::now().checked_sub(MAX_AGE);
        assert!(matches!(ask().await, Err(ServiceError::SearchNotReady)));
        assert!(index.clone().ensure_preferred().await.is_err());
        assert!(index.clone().ensure_complete().await.is_err());
        index.note_followed();
        assert_eq!(ask().await.unwrap(), 0);
    }
}
