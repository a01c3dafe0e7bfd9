//! The marketplace service: listings, purchases, licences, revenue.

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

use http_kit::health::Readiness;
use service_kit::{Service, requires_postgres};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use state::{AppState, AppStateInner};

pub const PORT: u16 = 9004;

/// The schema of `marketplace_service_db`.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/marketplace");

/// Serves until `shutdown`.
///
/// # Errors
/// When a part cannot be set up.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let internal_token = config.internal_token.clone();
    let state = Arc::new(AppStateInner::new(config, routes::write_purchase)?);
    Service {
        name: "marketplace",
        title: "PromptForge: marketplace",
        description: "Prompts on offer, purchases, licences and revenue.",
        health_also_at: &[],
        readiness: readiness(&state),
        internal_token,
        jobs: jobs::all(&state),
        tasks: state.tasks.clone(),
        api: routes::router(state),
    }
    .run(listener, shutdown)
    .await
}

/// Returns what requests depend on.
fn readiness(state: &AppState) -> Readiness {
    let index = state.search_index.clone();
    requires_postgres(&state.pool).requires("search", move || index.clone().ensure_started())
}
