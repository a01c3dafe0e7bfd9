//! The analytics service: what happened, counted once each, and which prompts do well.

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

use events::{Producer, consumer::GroupPositions};
use internal_api::ServiceClient;
use service_kit::{Service, Tasks, requires_postgres};
use sqlx::migrate::Migrator;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use clients::{prompt_directory::PromptDirectory, user_directory::UserDirectory};
pub use config::Config;
pub use service::rebuild::rebuild;
use service::{answer_cache::AnswerCache, live::LiveStats, recent_counts::RecentCounts};
use state::AppStateInner;

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
    let client = |service, urls| ServiceClient::new(service, urls, config.internal_token.clone());
    let prompt_service = client("prompt service", config.prompt_service)?;
    let user_service = client("user service", config.user_service)?;
    let live = Arc::new(LiveStats::new(config.live_listeners, routes::live_frame));
    let state = Arc::new(AppStateInner {
        pool: pool.clone(),
        positions: Arc::new(GroupPositions::new(&config.kafka, service::pipeline::CONSUMER_GROUP)?),
        retention_days: config.retention_days,
        prompt_directory: Arc::new(PromptDirectory::new(prompt_service)),
        user_directory: Arc::new(UserDirectory::new(user_service)),
        recent_counts: RecentCounts::default(),
        answer_cache: AnswerCache::default(),
        live: live.clone(),
    });
    Service {
        name: "analytics",
        title: "PromptForge: analytics",
        description: "What happened on the platform, in figures.",
        api: routes::router(state),
        health_also_at: &["/analytics/health"],
        readiness: requires_postgres(&pool),
        internal_token: config.internal_token,
        jobs: jobs::all(&pool, &producer, &live, &config.kafka, config.retention_days),
        tasks: Tasks::default(),
    }
    .run(listener, shutdown)
    .await
}
