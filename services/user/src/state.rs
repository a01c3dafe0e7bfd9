use std::sync::Arc;

use anyhow::Context;
use auth::Signer;
use sqlx::PgPool;
use tokio::sync::Notify;

use crate::password::Hasher;

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub signer: Arc<Signer>,
    pub hasher: Arc<Hasher>,
    /// Rung after a commit that wrote an event.
    pub outbox: Arc<Notify>,
}

impl AppState {
    pub async fn new(pool: PgPool, signer: Option<Signer>) -> anyhow::Result<Self> {
        Ok(Self {
            pool,
            signer: Arc::new(signer.context("JWT_SIGNING_KEY is not set")?),
            hasher: Arc::new(Hasher::new().await?),
            outbox: Arc::default(),
        })
    }
}
