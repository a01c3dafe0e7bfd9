//! The user service: accounts, sessions, access tokens and the keys to verify them by, and follows.

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
use service_kit::{Service, Tasks, requires_postgres};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
pub use repo::rows;
use state::AppStateInner;

pub const PORT: u16 = 9001;

/// The schema of `user_service_db`.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/user");

/// Serves until `shutdown`.
///
/// # Errors
/// When a part cannot be set up, or can never work again.
pub async fn run(
    mut config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let pool = pg::pool(&config.pool, "user-service");
    let producer = Arc::new(Producer::new(&config.kafka)?);
    let (kafka, internal_token) = (config.kafka.clone(), config.internal_token.clone());
    let first_admin = config.first_admin.take();
    let state = Arc::new(AppStateInner::new(pool.clone(), config)?);
    Service {
        name: "user",
        title: "PromptForge: users",
        description: "Accounts, sessions, public profiles, and who follows whom.",
        jobs: jobs::all(&state, &producer, &kafka, first_admin),
        api: routes::router(state),
        health_also_at: &["/auth/health"],
        readiness: requires_postgres(&pool),
        internal_token,
        tasks: Tasks::default(),
    }
    .run(listener, shutdown)
    .await
}
