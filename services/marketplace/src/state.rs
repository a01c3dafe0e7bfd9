//! The state that handlers and jobs share.

use std::{sync::Arc, time::Duration};

use internal_api::ServiceClient;
use service_kit::Tasks;
use sqlx::PgPool;

use crate::{
    clients::{
        payments::{PaymentClient, simulated::SimulatedProvider},
        prompt_service::PromptService,
    },
    config::Config,
    domain::{PlatformFee, Purchase},
    service::{answer_cache::AnswerCache, search_index::SearchIndex},
};

/// A function that writes the response body of a purchase.
///
/// Settling stores the body with the purchase, in one transaction, and a job may settle too: the use
/// case needs the format, which belongs to the routes.
pub type WritePurchase = fn(Purchase) -> serde_json::Result<String>;

/// The state that handlers and jobs share. Each request clones it several times, so it is a single `Arc`.
pub type AppState = Arc<AppStateInner>;

/// The fields of [`AppState`].
pub struct AppStateInner {
    pub pool: PgPool,
    pub prompt_service: PromptService,
    pub payments: PaymentClient,
    pub answer_cache: AnswerCache,
    pub search_index: Arc<SearchIndex>,
    /// Purchases whose client may be gone.
    pub tasks: Tasks,
    pub platform_fee: PlatformFee,
    pub write_purchase: WritePurchase,
    /// The age from which a job settles a pending purchase or refund.
    pub settle_after: Duration,
    /// The period of that job.
    pub settle_every: Duration,
    /// The pause before the second attempt to push a change to the prompt service.
    pub sync_retry: Duration,
    /// The period in which listings refresh their copies of prompts.
    pub copy_refresh_period: Duration,
}

impl AppStateInner {
    pub fn new(config: Config, write_purchase: WritePurchase) -> anyhow::Result<Self> {
        let pool = pg::pool(&config.pool, "marketplace-service");
        let provider = SimulatedProvider::new(pool.clone());
        Ok(Self {
            prompt_service: PromptService::new(ServiceClient::new(
                "prompt service",
                config.prompt_service,
                config.internal_token,
            )?),
            payments: PaymentClient::new(Arc::new(provider), config.payments.timeout),
            answer_cache: AnswerCache::default(),
            search_index: Arc::default(),
            tasks: Tasks::default(),
            platform_fee: config.platform_fee,
            write_purchase,
            settle_after: config.payments.settle_after,
            settle_every: config.payments.settle_every,
            sync_retry: config.sync_retry,
            copy_refresh_period: config.copy_refresh_period,
            pool,
        })
    }
}
