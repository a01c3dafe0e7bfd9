use std::sync::Arc;

use anyhow::Context;
use auth::{InternalToken, ServiceClient, SigningKeys};
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::{
    deletions::FORGET_DEADLINE, password::Hasher, prompts::Prompts, service::guesses::Limits,
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
    /// Rung after a commit that wrote an event.
    pub outbox: Arc<Notify>,
    /// Rung after a commit that deleted an account.
    pub deletions: Arc<Notify>,
}

impl AppState {
    pub fn new(
        pool: PgPool,
        keys: Option<SigningKeys>,
        limits: Option<Limits>,
        prompt_service: Vec<String>,
        marketplace_service: Vec<String>,
        token: InternalToken,
    ) -> anyhow::Result<Self> {
        let prompts = ServiceClient::new("prompt service", prompt_service, token.clone())?;
        let marketplace = ServiceClient::new("marketplace", marketplace_service, token)?;
        Ok(Self {
            pool,
            keys: Arc::new(keys.context("JWT_SIGNING_KEY is not set")?),
            hasher: Arc::new(Hasher::new()?),
            limits,
            forgetful: [&prompts, &marketplace]
                .map(|service| service.clone().with_deadline(FORGET_DEADLINE))
                .into(),
            prompts: Prompts::new(prompts),
            outbox: Arc::default(),
            deletions: Arc::default(),
        })
    }
}
