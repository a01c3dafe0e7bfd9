//! The prompt service: prompts, their versions, and what people think of them.

mod clients;
mod config;
mod domain;
mod error;
mod likes;
mod repo;
mod routes;
mod service;
mod state;
mod sweep;
mod traffic;
mod turns;
mod viewers;

use std::{sync::Arc, time::Duration};

use auth::identify;
use axum::middleware;
use events::{Producer, outbox::Relay, topics};
use http_kit::{App, health::Readiness, serve::serve};
use sqlx::migrate::Migrator;
use tokio::{net::TcpListener, try_join};
use tokio_util::sync::CancellationToken;

pub use config::Config;
use repo::versions::Versions;
use state::AppState;
use sweep::Sweep;

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
    let state = AppState::new(
        pool.clone(),
        versions.clone(),
        producer.clone(),
        config.user_service,
        config.internal_token.clone(),
    )?;
    let relay =
        Relay { pool: pool.clone(), producer: producer.clone(), wake: state.outbox.clone() };
    tokio::spawn(topics::ensure(config.kafka.brokers, shutdown.clone()));
    tokio::spawn(versions.clone().ensure_indexes(shutdown.clone()));
    let sweep = Sweep { pool: pool.clone(), versions: versions.clone() };
    tokio::spawn(sweep.run(shutdown.clone()));
    tokio::spawn(idempotency::forget(pool.clone(), shutdown.clone()));
    tokio::spawn(service::catalog::keep_summed_up(pool.clone(), shutdown.clone()));

    let readiness = Readiness::default()
        .requires("postgres", {
            let pool = pool.clone();
            move || pg::ping(pool.clone())
        })
        // Reading goes on without it; writing answers 503 until it is back.
        .reports("mongodb", move || versions.clone().ping());
    let draining = readiness.draining();
    let traffic = state.traffic.clone();
    let app = App {
        name: "prompt",
        title: "PromptForge: prompts",
        description: "Prompts, their versions, and likes, ratings and comments on them.",
        api: routes::router(state)
            .layer(middleware::from_fn_with_state(config.internal_token, identify)),
        readiness,
        health_also_at: &[],
    };
    let serving = async {
        serve(listener, app.into_router(), draining, shutdown.clone()).await;
        Ok(())
    };
    let counting = async {
        traffic.clone().flush_until(&pool, shutdown.clone()).await;
        Ok(())
    };
    try_join!(serving, counting, relay.run(shutdown.clone()))?;
    // What was viewed while requests were drained.
    traffic.flush(&pool).await;
    producer.flush(Duration::from_secs(5)).await;
    Ok(())
}
