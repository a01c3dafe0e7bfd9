//! The settings of the gateway.

use std::sync::Arc;

use auth::{InternalToken, token::Audience};
use http::{HeaderValue, uri::Authority};
use http_kit::config::Env;

use crate::{
    addresses::{self, ServiceAddresses},
    routes::Service,
    upstream::{Resolve, SystemResolver},
};

/// Settings of the gateway.
pub struct Config {
    pub internal_token: InternalToken,
    pub audience: Audience,
    pub jwks_urls: Vec<String>,
    /// The addresses of each service, in the order of [`Service::ALL`].
    pub upstreams: Vec<Vec<Authority>>,
    /// Where those were read, to be read again.
    pub addresses: ServiceAddresses,
    /// The way to find the addresses of their names.
    pub resolver: Arc<dyn Resolve>,
    pub cors_allowed_origins: Vec<HeaderValue>,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        let defaults = Service::ALL.map(|service| authorities(env, service)).to_vec();
        let addresses = ServiceAddresses { defaults, file: env.parse_optional("SERVICES_FILE") };
        let upstreams = addresses.read().unwrap_or_else(|problems| {
            env.problem("SERVICES_FILE", &problems.join("; "));
            addresses.defaults.clone()
        });
        let mut jwks_urls = env.list("JWKS_URL");
        if jwks_urls.is_empty() {
            jwks_urls = upstreams[Service::User.index()]
                .iter()
                .map(|authority| format!("http://{authority}/.well-known/jwks.json"))
                .collect();
        }
        Self {
            internal_token: InternalToken::read(env),
            audience: Audience::read(env),
            jwks_urls,
            upstreams,
            addresses,
            resolver: Arc::new(SystemResolver),
            cors_allowed_origins: http_kit::origins::allowed(env),
        }
    }
}

/// Reads `USER_SERVICE_URL` and so on: the hosts and ports of plain `http://` URLs.
fn authorities(env: &mut Env, service: Service) -> Vec<Authority> {
    let name = service.setting();
    let mut authorities = Vec::new();
    for url in env.urls(name) {
        match addresses::authority(&url) {
            Some(authority) => authorities.push(authority),
            None => env.problem(name, "must be http://host:port without a path"),
        }
    }
    authorities
}
