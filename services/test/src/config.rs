use std::time::Duration;

use auth::InternalToken;
use http_kit::config::Env;
use pg::PoolConfig;

use crate::providers::ProviderSettings;

/// Settings of the test service.
pub struct Config {
    pub pool: PoolConfig,
    pub internal_token: InternalToken,
    pub prompt_service: Vec<String>,
    pub worker: WorkerConfig,
    pub providers: ProviderSettings,
}

/// How tests are run.
#[derive(Clone, Copy)]
pub struct WorkerConfig {
    /// How many run at once in this process.
    pub slots: u32,
    /// How long a running test stays ours without a sign of life.
    pub lease: Duration,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            worker: WorkerConfig::read(env),
            providers: ProviderSettings::read(env),
        }
    }
}

impl WorkerConfig {
    /// From `TEST_WORKERS` (default 16) and `TEST_LEASE_SECONDS` (default 30).
    fn read(env: &mut Env) -> Self {
        let slots = env.parse_or("TEST_WORKERS", 16);
        if !(1..=1000).contains(&slots) {
            env.problem("TEST_WORKERS", "must be 1 to 1000");
        }
        let lease = env.parse_or("TEST_LEASE_SECONDS", 30);
        if !(1..=3600).contains(&lease) {
            env.problem("TEST_LEASE_SECONDS", "must be 1 to 3600");
        }
        Self { slots, lease: Duration::from_secs(lease) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_bad_setting_is_named() {
        let mut env = Env::with([
            ("DATABASE_URL", "postgres://localhost/x"),
            ("INTERNAL_TOKEN", "a-long-enough-token"),
            ("PROMPT_SERVICE_URL", "nowhere"),
            ("TEST_WORKERS", "0"),
            ("TEST_LEASE_SECONDS", "soon"),
            ("OPENAI_API_KEY", "ключ"),
        ]);
        let config = Config::read(&mut env);
        let error = env.finish(config).err().unwrap().to_string();
        for name in ["PROMPT_SERVICE_URL", "TEST_WORKERS", "TEST_LEASE_SECONDS", "OPENAI_API_KEY"] {
            assert!(error.contains(name), "{name} in {error}");
        }
    }
}
