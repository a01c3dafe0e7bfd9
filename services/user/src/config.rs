//! Settings of the user service.

use auth::{InternalToken, SigningKeys};
use events::producer::KafkaConfig;
use garde::Validate;
use http::HeaderValue;
use http_kit::config::{Env, RateLimitProfile};
use pg::PoolConfig;

use crate::domain::{FirstAdmin, LoginLimits, rules};

/// Settings of the user service.
pub struct Config {
    pub pool: PoolConfig,
    pub kafka: KafkaConfig,
    pub internal_token: InternalToken,
    pub keys: Option<SigningKeys>,
    pub prompt_service: Vec<String>,
    pub marketplace_service: Vec<String>,
    pub first_admin: Option<FirstAdmin>,
    /// `None` when passwords may be guessed without a limit.
    pub login_limits: Option<LoginLimits>,
    pub allowed_origins: Vec<HeaderValue>,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            kafka: KafkaConfig::read(env),
            internal_token: InternalToken::read(env),
            keys: SigningKeys::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            marketplace_service: env.urls("MARKETPLACE_SERVICE_URL"),
            first_admin: first_admin(env),
            login_limits: login_limits(env),
            allowed_origins: http_kit::origins::allowed(env),
        }
    }
}

/// The rules for [`FirstAdmin`]: the same as for everyone who registers.
#[derive(Validate)]
struct AdminRules<'a> {
    #[garde(custom(|email: &str, _: &()| rules::email(email, &())))]
    email: &'a str,
    #[garde(custom(|password: &str, _: &()| rules::new_password(password, &())))]
    password: &'a str,
}

/// Reads `ADMIN_EMAIL` and `ADMIN_PASSWORD`: both, or neither.
fn first_admin(env: &mut Env) -> Option<FirstAdmin> {
    const NAMES: [&str; 2] = ["ADMIN_EMAIL", "ADMIN_PASSWORD"];
    match NAMES.map(|name| env.optional(name)) {
        [Some(email), Some(password)] => {
            let email = email.trim().to_owned();
            let rules = AdminRules { email: &email, password: &password };
            let Err(report) = rules.validate() else {
                return Some(FirstAdmin { email, password });
            };
            for (field, problem) in report.iter() {
                let name = format!("ADMIN_{}", field.to_string().to_uppercase());
                env.problem(&name, problem.message());
            }
            None
        }
        [None, None] => None,
        [email, _] => {
            let missing = if email.is_none() { NAMES[0] } else { NAMES[1] };
            env.problem(missing, "is not set, and the other of the two is");
            None
        }
    }
}

/// Reads `RATE_LIMIT_PROFILE`, `RATE_LIMIT_PASSWORD_NAME` and `RATE_LIMIT_PASSWORD_ADDRESS`.
fn login_limits(env: &mut Env) -> Option<LoginLimits> {
    let mut limit = |name: &str, default: i32| {
        let limit = env.parse_or(name, default);
        if limit < 1 {
            env.problem(name, "must be at least 1");
        }
        limit
    };
    let limits = LoginLimits {
        per_name: limit("RATE_LIMIT_PASSWORD_NAME", 10),
        per_address: limit("RATE_LIMIT_PASSWORD_ADDRESS", 100),
    };
    match env.parse_or("RATE_LIMIT_PROFILE", RateLimitProfile::Production) {
        // Guessing passwords is limited in development too.
        RateLimitProfile::Production | RateLimitProfile::Development => Some(limits),
        RateLimitProfile::Off => None,
    }
}
