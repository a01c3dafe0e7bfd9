//! Settings.

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
    /// The pause before the second attempt to push a change to the prompt service, and the period of
    /// the job that pushes. Later pauses grow up to 16 times this.
    pub sync_retry: Duration,
    /// The period in which listings refresh their copies of prompts: ratings, titles, descriptions and
    /// categories. A change must show within a minute.
    pub copy_refresh_period: Duration,
}

/// The deadline of payments, and when to settle those that missed it.
#[derive(Clone, Debug)]
pub struct PaymentConfig {
    /// The deadline of each call to the provider.
    pub timeout: Duration,
    /// The age from which a job settles a pending purchase.
    pub settle_after: Duration,
    /// The period of that job. With the defaults, a purchase that a crash left pending is settled
    /// within 25 s; the contract allows a minute.
    pub settle_every: Duration,
}

impl Config {
    /// Reads all settings; `env` collects the errors.
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            platform_fee: env.parse_or("PLATFORM_FEE_PERCENT", PlatformFee::default()),
            payments: PaymentConfig::read(env),
            sync_retry: millis(env, "PROMPT_STEP_RETRY_MS", 1_000),
            copy_refresh_period: millis(env, "LISTING_RATING_AGE_MS", 30_000),
        }
    }
}

impl PaymentConfig {
    /// Reads `PAYMENT_TIMEOUT_MS` (default 5,000), `PAYMENT_SETTLE_AFTER_MS` (15,000) and
    /// `PAYMENT_SETTLE_EVERY_MS` (5,000).
    fn read(env: &mut Env) -> Self {
        let config = Self {
            timeout: millis(env, "PAYMENT_TIMEOUT_MS", 5_000),
            settle_after: millis(env, "PAYMENT_SETTLE_AFTER_MS", 15_000),
            settle_every: millis(env, "PAYMENT_SETTLE_EVERY_MS", 5_000),
        };
        if config.settle_after <= config.timeout {
            // Otherwise purchases would be cancelled while their charge is under way.
            env.problem("PAYMENT_SETTLE_AFTER_MS", "must be more than PAYMENT_TIMEOUT_MS");
        }
        config
    }
}

/// Reads a positive number of milliseconds.
fn millis(env: &mut Env, name: &'static str, default: u64) -> Duration {
    let value = env.parse_or(name, default);
    if value == 0 {
        env.problem(name, "must be at least 1");
    }
    Duration::from_millis(value)
}
