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
    /// How many days raw events and their ids are kept, at least; older events are passed over.
    pub retention_days: u16,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        let retention_days = env.parse_or("ANALYTICS_RETENTION_DAYS", 400);
        if retention_days == 0 {
            env.problem("ANALYTICS_RETENTION_DAYS", "must be at least 1");
        }
        Self {
            pool: PoolConfig::read(env),
            kafka: KafkaConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
            user_service: env.urls("USER_SERVICE_URL"),
            live_listeners: env.parse_or("ANALYTICS_LIVE_LISTENERS", 1000),
            retention_days,
        }
    }
}
