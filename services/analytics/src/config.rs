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
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            kafka: KafkaConfig::read(env),
            internal_token: InternalToken::read(env),
            prompt_service: env.urls("PROMPT_SERVICE_URL"),
        }
    }
}
