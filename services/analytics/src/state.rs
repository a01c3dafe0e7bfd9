use std::sync::Arc;

use events::producer::KafkaConfig;
use sqlx::PgPool;

use crate::clients::prompt_directory::PromptDirectory;

/// The state that handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub kafka: KafkaConfig,
    pub retention_days: u16,
    pub prompt_directory: Arc<PromptDirectory>,
}
