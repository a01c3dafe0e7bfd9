use std::sync::Arc;

use ids::TestId;
use internal_api::ServiceClient;
use sqlx::PgPool;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::{
    catalogue::Catalogue,
    clients::prompt_service::PromptService,
    config::{Config, Limits},
    hub::Hub,
    offload::Offload,
    providers::Providers,
};

/// What handlers, and the worker, share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub prompt_service: PromptService,
    pub providers: Arc<Providers>,
    pub catalogue: Arc<Catalogue>,
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
        let catalogue = Arc::new(Catalogue::load()?);
        Ok(Self {
            pool,
            prompt_service: PromptService::new(ServiceClient::new(
                "prompt service",
                config.prompt_service,
                config.internal_token,
            )?),
            providers: Arc::new(Providers::new(config.providers, &catalogue)?),
            catalogue,
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
