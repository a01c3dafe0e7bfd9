//! The user service: accounts, sessions, access tokens and the keys to verify them by, and who
//! follows whom.

mod clients;
mod config;
mod deletions;
mod domain;
mod error;
mod first_admin;
mod password;
mod refresh_token;
mod repo;
mod revocations;
mod routes;
mod service;
mod state;
mod upkeep;

use std::{sync::Arc, time::Duration};

use auth::identify;
use axum::middleware;
use events::{Producer, outbox::Relay, topics};
use http_kit::{App, health::Readiness, serve::serve};
use sqlx::migrate::Migrator;
use tokio::{join, net::TcpListener, select, try_join};
use tokio_util::sync::CancellationToken;

pub use config::Config;
use state::AppState;

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
    let brokers = config.kafka.brokers.clone();
    let internal_token = config.internal_token.clone();
    let first_admin = config.first_admin.take();
    let state = AppState::new(pool.clone(), config)?;
    let relay =
        Relay { pool: pool.clone(), producer: producer.clone(), wake: state.outbox.clone() };
    tokio::spawn(topics::ensure(brokers, shutdown.clone()));

    let readiness = Readiness::default().requires("postgres", move || pg::ping(pool.clone()));
    let draining = readiness.draining();
    let app = App {
        name: "user",
        title: "PromptForge: users",
        description: "Accounts, sessions, public profiles, and who follows whom.",
        api: routes::router(state.clone())
            .layer(middleware::from_fn_with_state(internal_token, identify)),
        readiness,
        health_also_at: &["/auth/health"],
    };
    let serving = async {
        serve(listener, app.into_router(), draining, shutdown.clone()).await;
        Ok(())
    };
    let background = async {
        let first_admin = async {
            if let Some(admin) = &first_admin {
                first_admin::ensure(&state, admin).await;
            }
        };
        select! {
            // Each can be left off anywhere: what is half done is taken up at the next start.
            _ = async {
                join!(
                    state.keys.follow_file(),
                    first_admin,
                    deletions::run(&state),
                    state.revocations.run(&state.pool),
                    upkeep::run(&state.pool),
                )
            } => {}
            () = shutdown.cancelled() => {}
        }
        Ok(())
    };
    try_join!(serving, background, relay.run(shutdown.clone()))?;
    producer.flush(Duration::from_secs(5)).await;
    Ok(())
}
