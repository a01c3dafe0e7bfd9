//! The settings of the gateway.

use std::{ops::RangeInclusive, sync::Arc, time::Duration};

use auth::{InternalToken, token::Audience};
use http::{HeaderValue, uri::Authority};
use http_kit::config::Env;

use crate::{
    addresses::{self, ServiceAddresses},
    client_address::TrustedProxies,
    rate_limit::{LimitClock, Limits, SHARED_DEADLINE, SharedStore},
    routes::Service,
    tls::Tls,
    upstream::{Resolve, SystemResolver},
    web::Web,
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
    pub trusted_proxies: TrustedProxies,
    /// Whether trusted proxies begin each connection with a PROXY header.
    pub proxy_protocol: bool,
    /// The TLS of clients; `None` where they speak without.
    pub tls: Option<Arc<Tls>>,
    /// The time after which an idle connection of a client is closed.
    pub idle_timeout: Duration,
    /// The time from a signal to stop until nothing new is accepted.
    pub drain_delay: Duration,
    pub limits: Limits,
    pub limit_clock: LimitClock,
    /// The store that gateways share; `None` where each counts for itself.
    pub shared_limits: Option<SharedStore>,
    /// The web client; `None` where there is none.
    pub web: Option<Arc<Web>>,
    /// The time between two looks at the files of the certificate, and of the web client.
    pub files_interval: Duration,
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
            trusted_proxies: TrustedProxies::read(env),
            proxy_protocol: proxy_protocol(env),
            tls: Tls::read(env).map(Arc::new),
            idle_timeout: seconds(env, "IDLE_TIMEOUT_SECONDS", 75, 1..=3600),
            drain_delay: seconds(env, "DRAIN_DELAY_SECONDS", 5, 0..=300),
            limits: Limits::read(env),
            limit_clock: LimitClock::default(),
            shared_limits: shared_limits(env),
            web: Web::read(env),
            files_interval: Duration::from_secs(2),
        }
    }
}

/// Reads `REDIS_URL`.
fn shared_limits(env: &mut Env) -> Option<SharedStore> {
    const NAME: &str = "REDIS_URL";
    let url = env.optional(NAME)?;
    match redis::Client::open(url) {
        Ok(client) => Some(SharedStore { client, deadline: SHARED_DEADLINE }),
        Err(_) => {
            env.problem(NAME, "must be redis://[user:password@]host[:port][/database]");
            None
        }
    }
}

/// Reads a number of seconds.
fn seconds(env: &mut Env, name: &str, default: u64, allowed: RangeInclusive<u64>) -> Duration {
    let seconds = env.parse_or(name, default);
    if !allowed.contains(&seconds) {
        env.problem(name, &format!("must be from {} to {}", allowed.start(), allowed.end()));
    }
    Duration::from_secs(seconds)
}

/// Reads `PROXY_PROTOCOL`: `on`, or `off` by default.
fn proxy_protocol(env: &mut Env) -> bool {
    const NAME: &str = "PROXY_PROTOCOL";
    let on = match env.optional(NAME).as_deref() {
        None | Some("off") => return false,
        Some("on") => true,
        Some(_) => {
            env.problem(NAME, "must be on or off");
            return false;
        }
    };
    if env.optional("TRUSTED_PROXIES").is_none() {
        env.problem(NAME, "is on, and TRUSTED_PROXIES does not say whose headers are read");
    }
    on
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

#[cfg(test)]
mod tests {
    use super::*;

    fn problems(settings: &[(&str, &str)]) -> String {
        let mut env = Env::with(settings.iter().copied());
        let config = Config::read(&mut env);
        env.finish(config).err().unwrap().to_string()
    }

    #[test]
    fn every_bad_setting_of_limits_and_addresses_is_named_in_one_error() {
        let bad = [
            ("TRUSTED_PROXIES", "10.0.0.0/8,nowhere"),
            ("PROXY_PROTOCOL", "v2"),
            ("REDIS_URL", "rediss://user:secret@redis"),
            ("RATE_LIMIT_LOGIN", "many"),
        ];
        let text = problems(&bad);
        for (name, value) in bad {
            assert!(text.contains(name) && !text.contains(value), "{name} in {text}");
        }
    }

    #[test]
    fn proxy_headers_need_someone_to_trust() {
        let text = problems(&[("PROXY_PROTOCOL", "on")]);
        assert!(text.contains("PROXY_PROTOCOL is on"), "{text}");
        let text = problems(&[("PROXY_PROTOCOL", "on"), ("TRUSTED_PROXIES", "10.0.0.1")]);
        assert!(!text.contains("PROXY_PROTOCOL"), "{text}");
    }
}
