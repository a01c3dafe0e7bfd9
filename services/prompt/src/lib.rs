//! The prompt service: prompts, their versions, and what people think of them.

mod clients;
mod config;
mod domain;
mod error;
mod jobs;
mod repo;
mod routes;
mod service;
mod state;

use std::sync::Arc;

use events::Producer;
use http_kit::health::Readiness;
use service_kit::{Service, Tasks, requires_postgres};
use sqlx::{PgPool, migrate::Migrator};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use repo::rows;
use repo::versions::Versions;
use service::{like_queue::like_queue, search_index::SearchIndex};
use state::AppStateInner;

pub const PORT: u16 = 9002;

/// The schema of `prompt_service_db`.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/prompt");

/// Serves until `shutdown`.
///
/// # Errors
/// When a part cannot be set up, or can never work again.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let pool = pg::pool(&config.pool, "prompt-service");
    let producer = Arc::new(Producer::new(&config.kafka)?);
    let versions = Versions::new(config.mongo).await?;
    let (likes, queued_likes) = like_queue();
    let state = Arc::new(AppStateInner::new(
        pool.clone(),
        versions.clone(),
        producer,
        likes,
        config.user_service,
        config.internal_token.clone(),
    )?);
    Service {
        name: "prompt",
        title: "PromptForge: prompts",
        description: "Prompts, their versions, and likes, ratings and comments on them.",
        jobs: jobs::all(&state, queued_likes, &config.kafka, config.search_dir),
        readiness: readiness(&pool, versions, &state.search_index),
        api: routes::router(state),
        health_also_at: &[],
        internal_token: config.internal_token,
        tasks: Tasks::default(),
    }
    .run(listener, shutdown)
    .await
}

/// Returns what requests depend on.
fn readiness(pool: &PgPool, versions: Versions, search_index: &Arc<SearchIndex>) -> Readiness {
    let (complete, preferred) = (search_index.clone(), search_index.clone());
    requires_postgres(pool)
        // Without MongoDB prompts can still be read; writing answers 503 until it is back.
        .reports("mongodb", move || versions.clone().ping())
        .reports("search", move || complete.clone().ensure_complete())
        // An instance that builds its index leaves requests to those that have one.
        .requires("search_preference", move || preferred.clone().ensure_preferred())
}
