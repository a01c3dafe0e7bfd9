//! The analytics service: what happened, counted once each, and which prompts do well.

mod clients;
mod config;
mod consume;
mod dead_letters;
mod domain;
mod error;
mod repo;
mod routes;
mod service;
mod state;
mod upkeep;

use std::{sync::Arc, time::Duration};

use auth::identify;
use axum::middleware;
use events::{Producer, topics};
use http_kit::{App, health::Readiness, serve::serve};
use internal_api::ServiceClient;
use sqlx::migrate::Migrator;
use tokio::{join, net::TcpListener, sync::Notify};
use tokio_util::sync::CancellationToken;

use clients::prompt_directory::PromptDirectory;
pub use config::Config;
use consume::Ingest;
use state::AppState;

pub const PORT: u16 = 9005;

/// The schema of `analytics_service_db`.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations/analytics");

/// Serves and consumes until `shutdown`.
///
/// # Errors
/// When a part cannot be set up.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let pool = pg::pool(&config.pool, "analytics-service");
    let producer = Arc::new(Producer::new(&config.kafka)?);
    let refused: Arc<Notify> = Arc::default();
    let ingest = Ingest { pool: pool.clone(), refused: refused.clone() };
    tokio::spawn(topics::ensure(config.kafka.brokers.clone(), shutdown.clone()));

    let state = AppState {
        pool: pool.clone(),
        prompt_directory: Arc::new(PromptDirectory::new(ServiceClient::new(
            "prompt service",
            config.prompt_service,
            config.internal_token.clone(),
        )?)),
    };
    let readiness = Readiness::default().requires("postgres", {
        let pool = pool.clone();
        move || pg::ping(pool.clone())
    });
    let draining = readiness.draining();
    let app = App {
        name: "analytics",
        title: "PromptForge: analytics",
        description: "What happened on the platform, in figures.",
        api: routes::router(state)
            .layer(middleware::from_fn_with_state(config.internal_token, identify)),
        readiness,
        health_also_at: &["/analytics/health"],
    };
    join!(
        serve(listener, app.into_router(), draining, shutdown.clone()),
        consume::run(&config.kafka, &ingest, &shutdown),
        dead_letters::forward(pool.clone(), producer.clone(), refused, &shutdown),
        upkeep::run(pool, &shutdown),
    );
    producer.flush(Duration::from_secs(5)).await;
    Ok(())
}
