use std::sync::Arc;

use anyhow::Context;
use auth::{ServiceClient, SigningKeys};
use http::HeaderValue;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    config::Config, deletions::FORGET_DEADLINE, password::Hasher, prompts::Prompts,
    revocations::Revocations, service::guesses::Limits,
};

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub keys: Arc<SigningKeys>,
    pub hasher: Arc<Hasher>,
    pub limits: Option<Limits>,
    pub prompts: Prompts,
    /// Who have to forget what a deleted account has left with them.
    pub forgetful: Arc<[ServiceClient]>,
    /// Notified after a commit that wrote an event.
    pub outbox: Arc<Notify>,
    /// Notified after a commit that deleted an account.
    pub deletions: Arc<Notify>,
    pub revocations: Arc<Revocations>,
    /// Whose pages may use the cookie that holds a refresh token.
    pub allowed_origins: Arc<[HeaderValue]>,
}

impl AppState {
    /// # Errors
    /// When a part cannot be set up.
    pub fn new(pool: PgPool, config: Config) -> anyhow::Result<Self> {
        let token = config.internal_token;
        let prompts = ServiceClient::new("prompt service", config.prompt_service, token.clone())?;
        let marketplace = ServiceClient::new("marketplace", config.marketplace_service, token)?;
        Ok(Self {
            pool,
            keys: Arc::new(config.keys.context("JWT_SIGNING_KEY is not set")?),
            hasher: Arc::new(Hasher::new()?),
            limits: config.limits,
            forgetful: [&prompts, &marketplace]
                .map(|service| service.clone().with_deadline(FORGET_DEADLINE))
                .into(),
            prompts: Prompts::new(prompts),
            outbox: Arc::default(),
            deletions: Arc::default(),
            revocations: Arc::default(),
            allowed_origins: config.allowed_origins.into(),
        })
    }
}
