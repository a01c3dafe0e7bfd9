//! The marketplace service: listings, purchases, licences, revenue.

mod clients;
mod config;
mod domain;
mod error;
mod payments;
mod repo;
mod routes;
mod service;
mod state;
mod sweeper;

use auth::identify;
use axum::middleware;
use http_kit::{App, health::Readiness, serve::serve};
use sqlx::migrate::Migrator;
use tokio::{join, net::TcpListener};
use tokio_util::sync::CancellationToken;

pub use config::Config;
use state::AppState;

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
    let state = AppState::new(config)?;
    let pool = state.pool.clone();

    let readiness = Readiness::default().requires("postgres", move || pg::ping(pool.clone()));
    let draining = readiness.draining();
    let app = App {
        name: "marketplace",
        title: "PromptForge: marketplace",
        description: "Prompts on offer, purchases, licences and revenue.",
        api: routes::router(state.clone())
            .layer(middleware::from_fn_with_state(internal_token, identify)),
        readiness,
        health_also_at: &[],
    };
    join!(
        serve(listener, app.into_router(), draining, shutdown.clone()),
        sweeper::run(state.clone(), shutdown.clone()),
        idempotency::forget(state.pool.clone(), shutdown.clone()),
    );
    Ok(())
}
