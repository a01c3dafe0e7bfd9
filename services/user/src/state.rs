//! The state that handlers and jobs share.

use std::sync::Arc;

use anyhow::Context;
use auth::SigningKeys;
use http::HeaderValue;
use internal_api::ServiceClient;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    clients::{marketplace::Marketplace, prompt_service::PromptService},
    config::Config,
    domain::LoginLimits,
    service::{
        answer_cache::AnswerCache, password_hasher::PasswordHasher, revocation_feed::RevocationFeed,
    },
};

/// The state that handlers and jobs share. Each request clones it several times, so it is a single `Arc`.
pub type AppState = Arc<AppStateInner>;

/// The fields of [`AppState`].
pub struct AppStateInner {
    pub pool: PgPool,
    pub keys: Arc<SigningKeys>,
    pub password_hasher: Arc<PasswordHasher>,
    /// `None` when passwords may be guessed without a limit.
    pub login_limits: Option<LoginLimits>,
    pub prompt_service: PromptService,
    pub marketplace: Marketplace,
    /// Notified after a commit that wrote an event.
    pub outbox: Arc<Notify>,
    /// Notified after a commit that deleted an account.
    pub deletions: Arc<Notify>,
    pub revocation_feed: Arc<RevocationFeed>,
    pub answer_cache: AnswerCache,
    /// The origins whose pages may use the cookie that holds a refresh token.
    pub allowed_origins: Arc<[HeaderValue]>,
}

impl AppStateInner {
    /// # Errors
    /// When a part cannot be set up.
    pub fn new(pool: PgPool, config: Config) -> anyhow::Result<Self> {
        let token = config.internal_token;
        let prompt_service =
            ServiceClient::new("prompt service", config.prompt_service, token.clone())?;
        let marketplace = ServiceClient::new("marketplace", config.marketplace_service, token)?;
        Ok(Self {
            pool,
            keys: Arc::new(config.keys.context("JWT_SIGNING_KEY is not set")?),
            password_hasher: Arc::new(PasswordHasher::new()?),
            login_limits: config.login_limits,
            prompt_service: PromptService::new(prompt_service),
            marketplace: Marketplace::new(marketplace),
            outbox: Arc::default(),
            deletions: Arc::default(),
            revocation_feed: Arc::default(),
            answer_cache: AnswerCache::default(),
            allowed_origins: config.allowed_origins.into(),
        })
    }
}
