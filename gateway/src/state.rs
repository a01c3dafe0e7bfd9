//! The state that the gateway's handlers and jobs share.

use std::sync::Arc;

use auth::{InternalToken, Verifier};
use http_kit::serve::POOL_IDLE;

use crate::{
    Config, balance::Upstreams, client_address::TrustedProxies, pool::Pool, rate_limit::RateLimits,
    revocations::Revocations, routes::Service,
};

/// The state that handlers share.
#[derive(Clone)]
pub struct AppState {
    /// The connections of this core.
    pub pool: Pool,
    pub verifier: Arc<Verifier>,
    pub revocations: Arc<Revocations>,
    pub internal_token: InternalToken,
    pub trusted_proxies: Arc<TrustedProxies>,
    pub rate_limits: Arc<RateLimits>,
    upstreams: Arc<[Upstreams]>,
}

impl AppState {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let keys = reqwest::Client::builder().pool_idle_timeout(POOL_IDLE).no_proxy().build()?;
        Ok(Self {
            pool: Pool::default(),
            verifier: Arc::new(Verifier::new(keys, config.jwks_urls, config.audience)),
            revocations: Arc::default(),
            internal_token: config.internal_token,
            trusted_proxies: Arc::new(config.trusted_proxies),
            rate_limits: Arc::new(RateLimits::new(&config.limits, config.limit_clock)),
            upstreams: config.upstreams.into_iter().map(Upstreams::new).collect(),
        })
    }

    /// Returns the state of a further core, which shares all but the connections.
    pub fn for_another_core(&self) -> Self {
        Self { pool: Pool::default(), ..self.clone() }
    }

    pub fn upstreams(&self, service: Service) -> &Upstreams {
        &self.upstreams[service.index()]
    }
}
