use auth::InternalToken;
use events::producer::KafkaConfig;
use http_kit::config::Env;
use pg::PoolConfig;

/// Settings of the analytics service.
pub struct Config {
    pub pool: PoolConfig,
    pub kafka: KafkaConfig,
    pub internal_token: InternalToken,
    pub prompt_service: Vec<String>,
    pub user_service: Vec<String>,
    /// The most listeners of `/analytics/live` at once.
    pub live_listeners: usize,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            kafka: KafkaConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            user_service: env.urls("USER_SERVICE_URL"),
            live_listeners: env.parse_or("ANALYTICS_LIVE_LISTENERS", 1000),
        }
    }
}
