//! A service as a process: its routes behind identity, its health and its jobs.

use auth::{InternalToken, identify};
use axum::middleware;
use http_kit::{App, health::Readiness};
use sqlx::PgPool;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;

use crate::{Job, Process, Tasks};

/// Returns the readiness of a process that serves nothing without its database.
pub fn requires_postgres(pool: &PgPool) -> Readiness {
    let pool = pool.clone();
    Readiness::default().requires("postgres", move || pg::ping(pool.clone()))
}

/// A service: its routes, its database, and its background work.
pub struct Service {
    /// As in `/health` and log lines.
    pub name: &'static str,
    /// Shown at the top of the API description.
    pub title: &'static str,
    pub description: &'static str,
    /// Routes with their state already given.
    pub api: OpenApiRouter,
    /// Paths at which `/health` also answers, such as `/auth/health`.
    pub health_also_at: &'static [&'static str],
    /// Mostly [`requires_postgres`], and more.
    pub readiness: Readiness,
    /// The secret beside which identity headers count.
    pub internal_token: InternalToken,
    pub jobs: Vec<Job>,
    pub tasks: Tasks,
}

impl Service {
    /// Serves and does its jobs until `shutdown`.
    ///
    /// # Errors
    /// When a long-running job fails for good.
    pub async fn run(
        self,
        listener: TcpListener,
        shutdown: CancellationToken,
    ) -> anyhow::Result<()> {
        let draining = self.readiness.draining();
        let app = App {
            name: self.name,
            title: self.title,
            description: self.description,
            api: self.api.layer(middleware::from_fn_with_state(self.internal_token, identify)),
            readiness: self.readiness,
            health_also_at: self.health_also_at,
        };
        let process =
            Process { router: app.into_router(), draining, jobs: self.jobs, tasks: self.tasks };
        process.run(listener, shutdown).await
    }
}
