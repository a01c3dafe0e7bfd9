use std::{collections::BTreeMap, time::Duration};

use auth::InternalToken;
use http_kit::config::Env;
use pg::PoolConfig;

use crate::{domain::ModelProvider, providers::ProviderSettings};

/// Settings of the test service.
pub struct Config {
    pub pool: PoolConfig,
    pub internal_token: InternalToken,
    pub prompt_service: Vec<String>,
    pub worker: WorkerConfig,
    pub limits: Limits,
    pub providers: ProviderSettings,
}

/// How tests are run.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// How many run at once in this process, of each provider. No two share a slot: one that is slow
    /// cannot hold up another.
    pub slots: BTreeMap<ModelProvider, u32>,
    /// How long a running test stays ours without a sign of life.
    pub lease: Duration,
    /// How many of one person's tests run at once, over all instances.
    pub user_concurrency: i32,
}

/// What one person may have.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Tests a day (UTC).
    pub daily: i64,
    /// Streams open at once, at this instance.
    pub streams: usize,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            worker: WorkerConfig::read(env),
            limits: Limits::read(env),
            providers: ProviderSettings::read(env),
        }
    }
}

impl WorkerConfig {
    /// From `TEST_WORKERS` (default 16), `TEST_CONCURRENCY` (8) and `TEST_CONCURRENCY_<provider>`,
    /// `TEST_LEASE_SECONDS` (30) and `TEST_USER_CONCURRENCY` (10).
    fn read(env: &mut Env) -> Self {
        use ModelProvider::{Anthropic, Gemini, Mock, Openai, OpenaiCompatible};
        let mock = within(env, "TEST_WORKERS", 1..=1000, 16);
        let hosted = within(env, "TEST_CONCURRENCY", 1..=1000, 8);
        let mut slots = BTreeMap::from([(Mock, mock)]);
        for provider in [Openai, OpenaiCompatible, Anthropic, Gemini] {
            let own = within(env, &format!("TEST_CONCURRENCY_{provider}"), 1..=1000, hosted);
            slots.insert(provider, own);
        }
        let lease = within(env, "TEST_LEASE_SECONDS", 1..=3600, 30);
        let user_concurrency = within(env, "TEST_USER_CONCURRENCY", 1..=100_000, 10);
        Self { slots, lease: Duration::from_secs(lease), user_concurrency }
    }
}

impl Limits {
    /// From `TEST_USER_DAILY` (default 10,000, the cells of the largest run) and `TEST_USER_STREAMS` (20).
    fn read(env: &mut Env) -> Self {
        Self {
            daily: within(env, "TEST_USER_DAILY", 1..=1_000_000_000, 10_000),
            streams: within(env, "TEST_USER_STREAMS", 1..=100_000, 20),
        }
    }
}

fn within<T>(env: &mut Env, name: &str, range: std::ops::RangeInclusive<T>, default: T) -> T
where
    T: std::str::FromStr<Err: std::fmt::Display> + PartialOrd + std::fmt::Display,
{
    let value = env.parse_or(name, default);
    if !range.contains(&value) {
        env.problem(name, &format!("must be {} to {}", range.start(), range.end()));
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env(more: &[(&str, &str)]) -> Env {
        let own = [
            ("DATABASE_URL", "postgres://localhost/x"),
            ("INTERNAL_TOKEN", "a-long-enough-token"),
            ("PROMPT_SERVICE_URL", "http://localhost:9002"),
        ];
        Env::with(own.iter().chain(more).copied())
    }

    #[test]
    fn every_bad_setting_is_named() {
        let bad = [
            ("PROMPT_SERVICE_URL", "nowhere"),
            ("TEST_WORKERS", "0"),
            ("TEST_CONCURRENCY", "-1"),
            ("TEST_CONCURRENCY_GEMINI", "0"),
            ("TEST_LEASE_SECONDS", "soon"),
            ("TEST_USER_CONCURRENCY", "0"),
            ("TEST_USER_DAILY", "0"),
            ("TEST_USER_STREAMS", "many"),
            ("OPENAI_API_KEY", "ключ"),
        ];
        let mut env = env(&bad);
        let config = Config::read(&mut env);
        let error = env.finish(config).err().unwrap().to_string();
        for (name, _) in bad {
            assert!(error.contains(name), "{name} in {error}");
        }
    }

    #[test]
    fn a_provider_has_slots_of_its_own() {
        let mut env = env(&[("TEST_CONCURRENCY", "3"), ("TEST_CONCURRENCY_OPENAI", "5")]);
        let slots = Config::read(&mut env).worker.slots;
        assert_eq!(slots[&ModelProvider::Mock], 16);
        assert_eq!(slots[&ModelProvider::Openai], 5);
        assert_eq!(slots[&ModelProvider::Anthropic], 3);
    }
}
