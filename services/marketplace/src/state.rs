use std::{sync::Arc, time::Duration};

use internal_api::ServiceClient;
use sqlx::PgPool;

use crate::{
    clients::prompt_service::PromptService,
    config::{Config, StepConfig},
    domain::PlatformFee,
    payments::{Payments, simulated::SimulatedProvider},
};

/// What handlers and the sweeper share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub prompt_service: PromptService,
    pub payments: Payments,
    pub platform_fee: PlatformFee,
    /// A purchase that is pending for longer is settled by asking the provider.
    pub settle_after: Duration,
    pub settle_every: Duration,
    pub steps: StepConfig,
    /// How often listings renew what they copy of their prompts: ratings, titles, descriptions and
    /// categories. A change must show within a minute.
    pub ratings_age: Duration,
}

impl AppState {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let pool = pg::pool(&config.pool, "marketplace-service");
        let provider = SimulatedProvider::new(pool.clone());
        Ok(Self {
            prompt_service: PromptService::new(ServiceClient::new(
                "prompt service",
                config.prompt_service,
                config.internal_token,
            )?),
            payments: Payments::new(Arc::new(provider), config.payments.timeout),
            platform_fee: config.platform_fee,
            settle_after: config.payments.settle_after,
            settle_every: config.payments.settle_every,
            steps: config.steps,
            ratings_age: config.ratings_age,
            pool,
        })
    }
}
