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

use std::{sync::Arc, time::Duration};

use auth::identify;
use axum::middleware;
use events::{Producer, outbox::Relay, topics};
use http_kit::{App, health::Readiness, serve::serve};
use sqlx::migrate::Migrator;
use tokio::{net::TcpListener, try_join};
use tokio_util::sync::CancellationToken;

pub use config::Config;
use jobs::{
    create_version_indexes, flush_views, sum_up_names, version_sweep::VersionSweep, write_likes,
};
use repo::versions::Versions;
use service::like_queue::like_queue;
use state::AppState;

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
    let state = AppState::new(
        pool.clone(),
        versions.clone(),
        producer.clone(),
        likes,
        config.user_service,
        config.internal_token.clone(),
    )?;
    let relay =
        Relay { pool: pool.clone(), producer: producer.clone(), wake: state.outbox.clone() };
    tokio::spawn(topics::ensure(config.kafka.brokers, shutdown.clone()));
    tokio::spawn(create_version_indexes::run(versions.clone(), shutdown.clone()));
    let sweep = VersionSweep { pool: pool.clone(), versions: versions.clone() };
    tokio::spawn(sweep.run(shutdown.clone()));
    tokio::spawn(idempotency::forget(pool.clone(), shutdown.clone()));
    tokio::spawn(sum_up_names::run(pool.clone(), shutdown.clone()));
    tokio::spawn(write_likes::run(pool.clone(), queued_likes));

    let readiness = Readiness::default()
        .requires("postgres", {
            let pool = pool.clone();
            move || pg::ping(pool.clone())
        })
        // Reading goes on without it; writing answers 503 until it is back.
        .reports("mongodb", move || versions.clone().ping());
    let draining = readiness.draining();
    let view_counter = state.view_counter.clone();
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
        flush_views::run(&view_counter, &pool, shutdown.clone()).await;
        Ok(())
    };
    try_join!(serving, counting, relay.run(shutdown.clone()))?;
    // The views of the requests that ended last.
    flush_views::flush(&view_counter, &pool).await;
    producer.flush(Duration::from_secs(5)).await;
    Ok(())
}
