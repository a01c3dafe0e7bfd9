use std::sync::Arc;

use auth::InternalToken;
use events::Producer;
use http_kit::blocking::{Bound, processors};
use internal_api::ServiceClient;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    clients::user_directory::UserDirectory, likes::Likes, repo::versions::Versions,
    traffic::Traffic, turns::Turns, viewers::Viewers,
};

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub versions: Versions,
    pub producer: Arc<Producer>,
    pub user_directory: Arc<UserDirectory>,
    pub traffic: Arc<Traffic>,
    pub viewers: Arc<Viewers>,
    /// Rung after a commit that wrote an event.
    pub outbox: Arc<Notify>,
    pub turns: Arc<Turns>,
    pub likes: Likes,
    /// For ratings and comments; apart from edits, which wait for MongoDB.
    pub reactions: Arc<Turns>,
    /// For comparing versions, which takes hundreds of milliseconds at worst.
    pub diffs: Bound,
    /// For filling in and highlighting, which takes some milliseconds at worst.
    pub texts: Bound,
    /// For reading as many contents as a page may hold: the connections that these have at once, while
    /// the rest of the pool is there for everyone else.
    pub contents: Bound,
}

impl AppState {
    pub fn new(
        pool: PgPool,
        versions: Versions,
        producer: Arc<Producer>,
        user_service: Vec<String>,
        token: InternalToken,
    ) -> anyhow::Result<Self> {
        let client = ServiceClient::new("user service", user_service, token)?;
        Ok(Self {
            likes: Likes::start(pool.clone()),
            pool,
            versions,
            producer,
            user_directory: Arc::new(UserDirectory::new(client)),
            traffic: Arc::default(),
            viewers: Arc::new(Viewers::new()?),
            outbox: Arc::default(),
            turns: Arc::default(),
            reactions: Arc::default(),
            diffs: Bound::new(processors()),
            texts: Bound::new(processors()),
            contents: Bound::new(2),
        })
    }
}
