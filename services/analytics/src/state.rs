use std::sync::Arc;

use events::consumer::GroupPositions;
use sqlx::PgPool;

use crate::{
    clients::{prompt_directory::PromptDirectory, user_directory::UserDirectory},
    service::{answer_cache::AnswerCache, live::LiveStats, recent_counts::RecentCounts},
};

/// The state that handlers and jobs share. Each request clones it several times, so it is a single `Arc`.
pub type AppState = Arc<AppStateInner>;

/// The fields of [`AppState`].
pub struct AppStateInner {
    pub pool: PgPool,
    pub positions: Arc<GroupPositions>,
    pub retention_days: u16,
    pub prompt_directory: Arc<PromptDirectory>,
    pub user_directory: Arc<UserDirectory>,
    pub recent_counts: RecentCounts,
    pub answer_cache: AnswerCache,
    pub live: Arc<LiveStats>,
}
