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
            retention_days,
        }
    }
}
