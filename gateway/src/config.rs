use auth::{InternalToken, token::Audience};
use http::{HeaderValue, uri::Authority};
use http_kit::config::Env;

use crate::routes::Service;

/// Where React clients are served from in development.
const DEFAULT_ORIGINS: [&str; 2] = ["http://localhost:3000", "http://localhost:5173"];

/// Settings of the gateway.
pub struct Config {
    pub internal_token: InternalToken,
    pub audience: Audience,
    pub jwks_urls: Vec<String>,
    /// The instances of each service, in the order of [`Service::ALL`].
    pub upstreams: Vec<Vec<Authority>>,
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
            cors_allowed_origins: origins(env),
        }
    }
}

/// From `USER_SERVICE_URL` and so on: the hosts and ports of plain `http://` URLs.
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

/// From `CORS_ALLOWED_ORIGINS`.
fn origins(env: &mut Env) -> Vec<HeaderValue> {
    const NAME: &str = "CORS_ALLOWED_ORIGINS";
    let mut list = env.list(NAME);
    if list.is_empty() {
        list.extend(DEFAULT_ORIGINS.map(str::to_owned));
    }
    let mut origins = Vec::new();
    for origin in list {
        let is_origin = origin
            .parse::<http::Uri>()
            .is_ok_and(|uri| uri.scheme().is_some() && uri.path() == "/" && !origin.ends_with('/'));
        match HeaderValue::try_from(&origin) {
            Ok(value) if is_origin => origins.push(value),
            _ => {
                env.problem(NAME, "must be origins such as http://localhost:3000, comma-separated")
            }
        }
    }
    origins
}
