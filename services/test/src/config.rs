//! Settings of the test service.

use std::{collections::BTreeMap, time::Duration};

use auth::InternalToken;
use http_kit::config::Env;
use model_client::{ModelProvider, ProviderSettings};
use pg::PoolConfig;

use crate::domain::Lane;

/// Settings of the test service.
pub struct Config {
    pub pool: PoolConfig,
    pub internal_token: InternalToken,
    pub prompt_service: Vec<String>,
    pub worker: WorkerConfig,
    pub limits: Limits,
    pub providers: ProviderSettings,
}

/// Settings of the worker.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// The slots of each lane. No two lanes share a slot: a slow lane cannot hold up another.
    pub lanes: BTreeMap<Lane, LaneSlots>,
    /// The time for which a running test stays ours unless its lease is extended.
    pub lease: Duration,
    /// The most tests of one user that run at once, over all instances.
    pub user_concurrency: i32,
}

/// The slots for running tests of one lane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LaneSlots {
    /// Slots in this process that are open to every user.
    pub shared: u32,
    /// More slots, for users without a running test in this lane: so the slow tests of a few users never keep
    /// everyone else from starting one.
    pub reserved: u32,
    /// The most running tests over all processes, where the server takes no more.
    pub limit: Option<u32>,
}

impl LaneSlots {
    /// Makes the slots of a lane whose server takes more than `shared` tests if need be.
    fn elastic(shared: u32, reserved: u32) -> Self {
        Self { shared, reserved, limit: None }
    }

    /// Makes the slots of a lane that never runs more than `limit` tests. Where these are too few to share,
    /// none is reserved.
    fn limited(limit: u32) -> Self {
        let reserved = if limit >= 4 { limit / 2 } else { 0 };
        Self { shared: limit - reserved, reserved, limit: Some(limit) }
    }
}

/// The limits of each user.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most tests a day (UTC).
    pub daily: i64,
    /// The most streams open at once, at this instance.
    pub streams: usize,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        let providers = ProviderSettings::read(env);
        Self {
            pool: PoolConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            worker: WorkerConfig::read(env, &providers),
            limits: Limits::read(env),
            providers,
        }
    }
}

impl WorkerConfig {
    /// Reads `TEST_WORKERS` (default 16), `TEST_CONCURRENCY` (8) and `TEST_CONCURRENCY_<provider>`,
    /// `TEST_LEASE_SECONDS` (30) and `TEST_USER_CONCURRENCY` (10).
    fn read(env: &mut Env, providers: &ProviderSettings) -> Self {
        use ModelProvider::{Anthropic, Gemini, Mock, Openai, OpenaiCompatible};
        let mock = within(env, "TEST_WORKERS", 1..=1000, 16);
        let hosted = within(env, "TEST_CONCURRENCY", 1..=1000, 8);
        // A mock that waits takes next to nothing.
        let mut lanes = BTreeMap::from([(Lane::of(Mock, ""), LaneSlots::elastic(mock, 4 * mock))]);
        for provider in [Openai, Anthropic, Gemini] {
            let own = within(env, &format!("TEST_CONCURRENCY_{provider}"), 1..=1000, hosted);
            lanes.insert(Lane::of(provider, ""), LaneSlots::elastic(own, own));
        }
        let name = format!("TEST_CONCURRENCY_{OpenaiCompatible}");
        let each = within(env, &name, 1..=1000, hosted);
        for (name, endpoint) in &providers.compatible {
            let slots = endpoint
                .concurrency
                .map_or_else(|| LaneSlots::elastic(each, each), LaneSlots::limited);
            lanes.insert(Lane::endpoint(name), slots);
        }
        let lease = within(env, "TEST_LEASE_SECONDS", 1..=3600, 30);
        let user_concurrency = within(env, "TEST_USER_CONCURRENCY", 1..=100_000, 10);
        Self { lanes, lease: Duration::from_secs(lease), user_concurrency }
    }
}

impl Limits {
    /// Reads `TEST_USER_DAILY` (default 10,000, the cells of the largest run) and `TEST_USER_STREAMS` (20).
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
            ("OPENAI_COMPATIBLE_LOCAL_CONCURRENCY", "0"),
        ];
        let endpoint = [("OPENAI_COMPATIBLE_ENDPOINTS", "local=http://localhost:1")];
        let mut env = env(&[&bad[..], &endpoint].concat());
        let config = Config::read(&mut env);
        let error = env.finish(config).err().unwrap().to_string();
        for (name, _) in bad {
            assert!(error.contains(name), "{name} in {error}");
        }
    }

    #[test]
    fn a_provider_and_an_endpoint_have_slots_of_their_own() {
        let mut env = env(&[
            ("TEST_CONCURRENCY", "3"),
            ("TEST_CONCURRENCY_OPENAI", "5"),
            ("OPENAI_COMPATIBLE_ENDPOINTS", "one=http://x,few=http://y,many=http://z"),
            ("OPENAI_COMPATIBLE_ONE_CONCURRENCY", "1"),
            ("OPENAI_COMPATIBLE_MANY_CONCURRENCY", "5"),
        ]);
        let lanes = Config::read(&mut env).worker.lanes;
        let slots = |provider, model| {
            let LaneSlots { shared, reserved, limit } = lanes[&Lane::of(provider, model)];
            (shared, reserved, limit)
        };
        assert_eq!(slots(ModelProvider::Mock, "mock"), (16, 64, None));
        assert_eq!(slots(ModelProvider::Openai, "gpt-4o"), (5, 5, None));
        assert_eq!(slots(ModelProvider::Anthropic, "m"), (3, 3, None));
        assert_eq!(slots(ModelProvider::OpenaiCompatible, "one/m"), (1, 0, Some(1)));
        assert_eq!(slots(ModelProvider::OpenaiCompatible, "few/a/m"), (3, 3, None));
        assert_eq!(slots(ModelProvider::OpenaiCompatible, "many/m"), (3, 2, Some(5)));
    }
}
