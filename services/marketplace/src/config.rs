use std::time::Duration;

use auth::InternalToken;
use http_kit::config::Env;
use pg::PoolConfig;

use crate::domain::PlatformFee;

/// Settings of the marketplace service.
pub struct Config {
    pub pool: PoolConfig,
    pub internal_token: InternalToken,
    pub prompt_service: Vec<String>,
    pub platform_fee: PlatformFee,
    pub payments: PaymentConfig,
    pub steps: StepConfig,
    /// How often listings renew what they copy of their prompts: ratings, titles, descriptions and
    /// categories. A change must show within a minute.
    pub ratings_age: Duration,
}

/// How the prompt service is told what it has to know.
#[derive(Clone, Copy, Debug)]
pub struct StepConfig {
    /// What could not be told is told again after this, and then ever more seldom, up to 16 times
    /// this. So often is looked for what is due.
    pub retry: Duration,
}

/// How long payments may take, and when to ask after those that took longer.
#[derive(Clone, Debug)]
pub struct PaymentConfig {
    /// The provider must answer by then.
    pub timeout: Duration,
    /// A purchase that is pending for longer is settled by asking the provider.
    pub settle_after: Duration,
    /// How often pending purchases are looked for. With the other two at their defaults, one that
    /// a crash left behind is settled within 25 s; a minute is what was promised.
    pub settle_every: Duration,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            platform_fee: env.parse_or("PLATFORM_FEE_PERCENT", PlatformFee::default()),
            payments: PaymentConfig::read(env),
            steps: StepConfig { retry: millis(env, "PROMPT_STEP_RETRY_MS", 1_000) },
            ratings_age: millis(env, "LISTING_RATING_AGE_MS", 30_000),
        }
    }
}

impl PaymentConfig {
    /// From `PAYMENT_TIMEOUT_MS` (default 5,000), `PAYMENT_SETTLE_AFTER_MS` (15,000) and
    /// `PAYMENT_SETTLE_EVERY_MS` (5,000).
    fn read(env: &mut Env) -> Self {
        let config = Self {
            timeout: millis(env, "PAYMENT_TIMEOUT_MS", 5_000),
            settle_after: millis(env, "PAYMENT_SETTLE_AFTER_MS", 15_000),
            settle_every: millis(env, "PAYMENT_SETTLE_EVERY_MS", 5_000),
        };
        if config.settle_after <= config.timeout {
            // Else purchases would be given up while their charge is still under way.
            env.problem("PAYMENT_SETTLE_AFTER_MS", "must be more than PAYMENT_TIMEOUT_MS");
        }
        config
    }
}

/// A time in milliseconds, which must not be none.
fn millis(env: &mut Env, name: &'static str, default: u64) -> Duration {
    let value = env.parse_or(name, default);
    if value == 0 {
        env.problem(name, "must be at least 1");
    }
    Duration::from_millis(value)
}
