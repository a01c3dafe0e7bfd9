//! The state that handlers and jobs share.

use std::sync::Arc;

use ids::TestId;
use internal_api::ServiceClient;
use model_client::{PriceTable, ProviderRegistry};
use sqlx::PgPool;
use tokio::sync::{Notify, broadcast};
use tokio_util::sync::CancellationToken;

use crate::{
    clients::prompt_service::PromptService,
    config::{Config, Limits},
    service::{live_attempts::LiveAttempts, offload::Offload, stream_permits::StreamPermits},
};

/// The state that handlers and jobs share. Each request clones it several times, so it is a single `Arc`.
pub type AppState = Arc<AppStateInner>;

/// The fields of [`AppState`].
pub struct AppStateInner {
    pub pool: PgPool,
    pub prompt_service: PromptService,
    pub providers: Arc<ProviderRegistry>,
    pub price_table: Arc<PriceTable>,
    /// The limits of each user.
    pub limits: Limits,
    /// Runs the parsing of costly requests, and the filling in of prompts.
    pub offload: Arc<Offload>,
    /// Runs the grading of answers: apart, so that neither waits for the other.
    pub graders: Arc<Offload>,
    /// The attempts that are under way in this process.
    pub live_attempts: Arc<LiveAttempts>,
    /// The streams that each user has open at this instance.
    pub stream_permits: Arc<StreamPermits>,
    /// Notified after a commit that queued a test, and when slots have become free.
    pub queued: Arc<Notify>,
    /// Sends each test that this process has ended. Only a hint: others may end one too.
    pub ended: broadcast::Sender<TestId>,
    /// Cancelled when the process stops: requests that wait for a test stop waiting.
    pub shutdown: CancellationToken,
}

impl AppStateInner {
    pub fn new(pool: PgPool, config: Config, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let price_table = Arc::new(PriceTable::load()?);
        Ok(Self {
            pool,
            prompt_service: PromptService::new(ServiceClient::new(
                "prompt service",
                config.prompt_service,
                config.internal_token,
            )?),
            providers: Arc::new(ProviderRegistry::new(config.providers, &price_table)?),
            price_table,
            limits: config.limits,
            offload: Arc::default(),
            graders: Arc::default(),
            live_attempts: Arc::default(),
            stream_permits: Arc::default(),
            queued: Arc::default(),
            ended: broadcast::Sender::new(1024),
            shutdown,
        })
    }
}
