//! The settings of the gateway.

use std::sync::Arc;

use auth::{InternalToken, token::Audience};
use http::{HeaderValue, uri::Authority};
use http_kit::config::Env;

use crate::{
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
    /// The way to find the addresses of their names.
    pub resolver: Arc<dyn Resolve>,
    pub cors_allowed_origins: Vec<HeaderValue>,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        let upstreams = Service::ALL.map(|service| authorities(env, service)).to_vec();
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
        match url.strip_prefix("http://").map(str::parse) {
            Some(Ok(authority)) => authorities.push(authority),
            _ => env.problem(name, "must be http://host:port without a path"),
        }
    }
    authorities
}
