//! The search index of this instance, in memory: what listings on sale show.
//!
//! `jobs::follow_changes` notes which listings have changed, `jobs::update_search_index` indexes them.

use std::{
    collections::HashSet,
    mem,
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use http_kit::blocking::{ConcurrencyLimit, processors};
use ids::ListingId;
use metrics::gauge;
use read_cache::Copies;
use search::{Index, Request, SearchError};
use tokio::sync::Notify;

use crate::error::ServiceError;

/// The most listings that a search finds.
const MAX_FOUND: usize = 1000;

pub struct SearchIndex {
    progress: RwLock<Progress>,
    changes: Mutex<Changes>,
    /// Notified when there are changes.
    pub wake: Arc<Notify>,
    /// Limits searches, which take a thread each.
    limit: ConcurrencyLimit,
}

#[derive(Clone)]
enum Progress {
    /// The first index is being built.
    Starting,
    /// There is no index, since it could not be built.
    Failed,
    Built(Index),
}

/// What the index does not have yet.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Changes {
    #[default]
    Nothing,
    Of(HashSet<ListingId>),
    /// Nobody knows: all listings must be indexed.
    All,
}

impl Default for SearchIndex {
    fn default() -> Self {
        Self {
            progress: RwLock::new(Progress::Starting),
            changes: Mutex::default(),
            wake: Arc::default(),
            limit: ConcurrencyLimit::new(processors()),
        }
    }
}

impl SearchIndex {
    /// Returns the listings that have all words of a keyword. What has changed in the last half second is
    /// not known yet, so they may be off sale by now.
    pub async fn find(
        &self,
        keyword: String,
        category: Option<String>,
    ) -> Result<Vec<ListingId>, ServiceError> {
        let Progress::Built(index) = self.progress() else {
            return Err(ServiceError::SearchNotReady);
        };
        let request = Request {
            keyword,
            needs_all_words: true,
            category,
            limit: MAX_FOUND,
            ..Request::default()
        };
        let found = self.limit.run(move || index.search(&request)).await?;
        let found = found.map_err(|error @ SearchError::Broken(_)| {
            tracing::error!("{error}");
            self.note(Changes::All);
            ServiceError::SearchNotReady
        })?;
        Ok(found.hits.into_iter().map(|hit| ListingId(hit.id)).collect())
    }

    /// Lets searches ask an index from now on.
    pub fn set(&self, index: Index) {
        gauge!("search_listings").set(index.len() as f64);
        *self.progress.write().unwrap_or_else(PoisonError::into_inner) = Progress::Built(index);
    }

    /// Notes that the listings could not be indexed: all of them must be. An older index goes on.
    pub fn note_failure(&self) {
        self.note(Changes::All);
        let mut progress = self.progress.write().unwrap_or_else(PoisonError::into_inner);
        if matches!(*progress, Progress::Starting) {
            *progress = Progress::Failed;
        }
    }

    /// Checks that the first index was built, or could not be: without one everything else is served.
    pub async fn ensure_started(self: Arc<Self>) -> anyhow::Result<()> {
        let is_starting = matches!(self.progress(), Progress::Starting);
        anyhow::ensure!(!is_starting, "the search index is being built");
        Ok(())
    }

    /// Adds to what has to be indexed.
    pub fn note(&self, more: Changes) {
        self.changes().add(more);
        self.wake.notify_one();
    }

    /// Returns what has to be indexed, for the caller to do it.
    pub fn take_changes(&self) -> Changes {
        mem::take(&mut self.changes())
    }

    fn progress(&self) -> Progress {
        self.progress.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn changes(&self) -> MutexGuard<'_, Changes> {
        self.changes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Changes {
    fn add(&mut self, more: Self) {
        match (self, more) {
            (Self::All, _) | (_, Self::Nothing) => {}
            (Self::Of(ids), Self::Of(more)) => ids.extend(more),
            (all, more) => *all = more,
        }
    }
}

impl Copies for SearchIndex {
    fn drop_changed(&self, payload: &str) {
        self.note(match payload.parse() {
            Ok(id) => Changes::Of(HashSet::from([id])),
            Err(_) => Changes::All,
        });
    }

    fn drop_all(&self) {
        self.note(Changes::All);
    }
}
