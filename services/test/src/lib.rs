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

use auth::identify;
use axum::middleware;
use http_kit::{App, health::Readiness, serve::serve};
use sqlx::migrate::Migrator;
use tokio::{join, net::TcpListener};
use tokio_util::sync::CancellationToken;

use jobs::run_tests::Worker;
use state::AppState;

pub use config::Config;

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
    let worker_config = config.worker.clone();
    let state = AppState::new(pool.clone(), config, shutdown.clone())?;
    let worker = Worker::new(&state, worker_config);
    let old_keys = idempotency::forget(pool.clone(), shutdown.clone());

    let readiness = Readiness::default().requires("postgres", move || pg::ping(pool.clone()));
    let draining = readiness.draining();
    let app = App {
        name: "test",
        title: "PromptForge: tests",
        description: "Running prompts against models, and what came of it.",
        api: routes::router(state).layer(middleware::from_fn_with_state(internal_token, identify)),
        readiness,
        health_also_at: &[],
    };
    join!(
        serve(listener, app.into_router(), draining, shutdown.clone()),
        worker.run(shutdown.clone()),
        old_keys,
    );
    Ok(())
}
