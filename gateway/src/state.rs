//! The state that the gateway's handlers and jobs share.

use std::sync::Arc;

use auth::{InternalToken, Verifier};
use http::HeaderValue;
use http_kit::serve::POOL_IDLE;

use crate::{
    Config, addresses::ServiceAddresses, callers::Callers, client_address::TrustedProxies,
    load_shedding::LoadShedding, rate_limit::RateLimits, revocations::Revocations,
    upstream::Upstreams,
};

/// The state that handlers share.
#[derive(Clone)]
pub struct AppState {
    pub verifier: Arc<Verifier>,
    pub callers: Arc<Callers>,
    pub revocations: Arc<Revocations>,
    /// The header that shows services that a request comes from the fleet, made once.
    pub internal_token: HeaderValue,
    pub trusted_proxies: Arc<TrustedProxies>,
    pub rate_limits: Arc<RateLimits>,
    pub load_shedding: Arc<LoadShedding>,
    pub upstreams: Arc<Upstreams>,
    /// Where the services are, to be read again.
    pub addresses: Arc<ServiceAddresses>,
}

impl AppState {
    pub fn new(config: Config) -> anyhow::Result<Self> {
        let keys = reqwest::Client::builder().pool_idle_timeout(POOL_IDLE).no_proxy().build()?;
        let rate_limits =
            RateLimits::new(&config.limits, config.limit_clock, config.shared_limits)?;
        Ok(Self {
            verifier: Arc::new(Verifier::new(keys, config.jwks_urls, config.audience)),
            callers: Arc::default(),
            revocations: Arc::default(),
            internal_token: secret_header(&config.internal_token)?,
            trusted_proxies: Arc::new(config.trusted_proxies),
            rate_limits: Arc::new(rate_limits),
            load_shedding: Arc::default(),
            upstreams: Arc::new(Upstreams::new(config.upstreams, config.resolver)),
            addresses: Arc::new(config.addresses),
        })
    }
}

fn secret_header(token: &InternalToken) -> anyhow::Result<HeaderValue> {
    let mut header = HeaderValue::try_from(token.expose())?;
    header.set_sensitive(true);
    Ok(header)
}
