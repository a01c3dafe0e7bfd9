use std::sync::Arc;

use sqlx::PgPool;

use crate::clients::prompt_directory::PromptDirectory;

/// The state that handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub prompt_directory: Arc<PromptDirectory>,
}
