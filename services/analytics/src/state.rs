use std::sync::Arc;

use sqlx::PgPool;

use crate::prompt_directory::PromptDirectory;

/// What handlers share.
#[derive(Clone)]
pub struct AppState {
    pub pool: PgPool,
    pub prompts: Arc<PromptDirectory>,
}
