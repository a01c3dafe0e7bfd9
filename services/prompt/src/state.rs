//! The state that handlers share.

use std::sync::Arc;

use auth::InternalToken;
use events::Producer;
use http_kit::blocking::{ConcurrencyLimit, processors};
use internal_api::ServiceClient;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    clients::user_directory::UserDirectory,
    repo::versions::Versions,
    service::{
        keyed_mutex::KeyedMutex, like_queue::LikeQueue, prompt_cache::PromptCache,
        search_index::SearchIndex, standing_reader::StandingReader, usage_counter::UsageCounter,
        view_deduplicator::ViewDeduplicator,
    },
};

/// The state that handlers and jobs share. Each request clones it several times, so it is a single `Arc`.
pub type AppState = Arc<AppStateInner>;

/// The fields of [`AppState`].
pub struct AppStateInner {
    pub pool: PgPool,
    pub versions: Versions,
    /// What everyone may read of prompts. A use case that changes a prompt drops it after the commit.
    pub prompt_cache: PromptCache,
    pub standings: StandingReader,
    pub search_index: Arc<SearchIndex>,
    pub producer: Arc<Producer>,
    pub user_directory: Arc<UserDirectory>,
    pub usage_counter: Arc<UsageCounter>,
    pub view_deduplicator: Arc<ViewDeduplicator>,
    /// Notified after a commit that wrote an event.
    pub outbox: Arc<Notify>,
    /// For edits, which wait for MongoDB.
    pub edit_locks: Arc<KeyedMutex>,
    /// For ratings and comments, which need not wait for edits.
    pub reaction_locks: Arc<KeyedMutex>,
    pub likes: LikeQueue,
    /// Limits comparisons of versions, which take hundreds of milliseconds at worst.
    pub diff_limit: ConcurrencyLimit,
    /// Limits rendering and highlighting, which take some milliseconds at worst.
    pub text_limit: ConcurrencyLimit,
    /// Limits reads of as many contents as a page may hold to this many connections; the rest of the pool
    /// is for all other requests.
    pub content_limit: ConcurrencyLimit,
}

impl AppStateInner {
    pub fn new(
        pool: PgPool,
        versions: Versions,
        producer: Arc<Producer>,
        likes: LikeQueue,
        user_service: Vec<String>,
        token: InternalToken,
    ) -> anyhow::Result<Self> {
        let client = ServiceClient::new("user service", user_service, token)?;
        Ok(Self {
            standings: StandingReader::new(pool.clone()),
            pool,
            versions,
            prompt_cache: PromptCache::default(),
            search_index: Arc::new(SearchIndex::new(ConcurrencyLimit::new(processors()))),
            producer,
            user_directory: Arc::new(UserDirectory::new(client)),
            usage_counter: Arc::default(),
            view_deduplicator: Arc::new(ViewDeduplicator::new()?),
            outbox: Arc::default(),
            edit_locks: Arc::default(),
            reaction_locks: Arc::default(),
            likes,
            diff_limit: ConcurrencyLimit::new(processors()),
            text_limit: ConcurrencyLimit::new(processors()),
            content_limit: ConcurrencyLimit::new(2),
        })
    }
}
