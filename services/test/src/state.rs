use std::sync::Arc;

use auth::ServiceClient;
use ids::TestId;
use model_client::{PriceTable, ProviderRegistry};
use sqlx::PgPool;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, Limits},
    hub::Hub,
    offload::Offload,
};

/// What handlers, and the worker, share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub prompts: ServiceClient,
    pub providers: Arc<ProviderRegistry>,
    pub price_table: Arc<PriceTable>,
    /// What one person may have.
    pub limits: Limits,
    /// Runs the parsing of costly requests, and the filling in of prompts.
    pub offload: Arc<Offload>,
    /// Runs the grading of answers: apart, so that neither waits for the other.
    pub graders: Arc<Offload>,
    /// The tests that run in this process.
    pub hub: Arc<Hub>,
    /// Rung after a commit that queued a test, and when slots have become free.
    pub queued: Arc<Notify>,
    /// Each test that this process has ended. Only a hint: others may end one too.
    pub ended: broadcast::Sender<TestId>,
    /// Whoever waits for a test to end stops waiting when the process does.
    pub shutdown: CancellationToken,
}

impl AppState {
    pub fn new(pool: PgPool, config: Config, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let price_table = Arc::new(PriceTable::load()?);
        Ok(Self {
            pool,
            prompts: ServiceClient::new(
                "prompt service",
                config.prompt_service,
                config.internal_token,
            )?,
            providers: Arc::new(ProviderRegistry::new(config.providers, &price_table)?),
            price_table,
            limits: config.limits,
            offload: Arc::default(),
            graders: Arc::default(),
            hub: Arc::default(),
            queued: Arc::default(),
            ended: broadcast::Sender::new(1024),
            shutdown,
        })
    }
}
