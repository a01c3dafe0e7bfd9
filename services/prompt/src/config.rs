//! The settings.

use std::path::PathBuf;

use auth::InternalToken;
use events::producer::KafkaConfig;
use http_kit::config::Env;
use mongodb::options::ConnectionString;
use pg::PoolConfig;

pub struct Config {
    pub pool: PoolConfig,
    pub mongo: MongoConfig,
    pub kafka: KafkaConfig,
    pub internal_token: InternalToken,
    /// The base URLs of the user service's instances.
    pub user_service: Vec<String>,
    /// The directory in which each instance has one for its search index.
    pub search_dir: PathBuf,
}

impl Config {
    pub fn read(env: &mut Env) -> Self {
        Self {
            pool: PoolConfig::read(env),
            mongo: MongoConfig::read(env),
            kafka: KafkaConfig::read(env),
            internal_token: InternalToken::read(env),
            user_service: env.urls("USER_SERVICE_URL"),
            search_dir: env.required("SEARCH_DIR").into(),
        }
    }
}

/// The MongoDB database that stores the versions.
pub struct MongoConfig {
    pub uri: String,
    /// The database in the URI, or else `promptforge_db`.
    pub database: String,
}

impl MongoConfig {
    /// Reads `MONGODB_URI`.
    fn read(env: &mut Env) -> Self {
        let uri = env.required("MONGODB_URI");
        let mut database = None;
        if !uri.is_empty() {
            match ConnectionString::parse(&uri) {
                Ok(parsed) => database = parsed.default_database,
                // The URI may hold a password: neither it nor the parser's message is repeated.
                Err(_) => env.problem("MONGODB_URI", "is not a MongoDB connection string"),
            }
        }
        Self { uri, database: database.unwrap_or_else(|| "promptforge_db".to_owned()) }
    }
}
