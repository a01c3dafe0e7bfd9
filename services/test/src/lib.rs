//! The test service: runs prompts against models, from a queue that survives a crash.

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

use service_kit::{Service, Tasks, requires_postgres};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use state::AppStateInner;

pub const PORT: u16 = 9003;

/// The schema of `test_service_db`.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/test");

/// Serves, and runs tests, until `shutdown`.
///
/// # Errors
/// When a part cannot be set up.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let pool = pg::pool(&config.pool, "test-service");
    let internal_token = config.internal_token.clone();
    let worker = config.worker.clone();
    let state = Arc::new(AppStateInner::new(pool.clone(), config, shutdown.clone())?);
    Service {
        name: "test",
        title: "PromptForge: tests",
        description: "Running prompts against models, and what came of it.",
        jobs: jobs::all(&state, worker),
        api: routes::router(state),
        health_also_at: &[],
        readiness: requires_postgres(&pool),
        internal_token,
        tasks: Tasks::default(),
    }
    .run(listener, shutdown)
    .await
}
