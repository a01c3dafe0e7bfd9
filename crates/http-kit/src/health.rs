//! Liveness and readiness: liveness depends on nothing outside the process; readiness checks what the
//! process cannot serve without.

use std::{
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::future::join_all;
use http::StatusCode;
use serde::Serialize;

use crate::telemetry::render_metrics;

/// How long a check may take.
const CHECK_DEADLINE: Duration = Duration::from_secs(2);

type CheckFuture = Pin<Box<dyn Future<Output = anyhow::Result<()>> + Send>>;
type CheckFn = dyn Fn() -> CheckFuture + Send + Sync;

struct Check {
    name: &'static str,
    required: bool,
    probe: Box<CheckFn>,
}

/// The dependencies of a process, and whether the process still accepts requests.
#[derive(Default)]
pub struct Readiness {
    checks: Vec<Check>,
    draining: Arc<AtomicBool>,
}

impl Readiness {
    /// Adds a dependency without which nothing can be served.
    #[must_use]
    pub fn requires<F>(
        self,
        name: &'static str,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.with(name, true, probe)
    }

    /// Adds a dependency that is reported, but whose absence does not stop the service.
    #[must_use]
    pub fn reports<F>(
        self,
        name: &'static str,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.with(name, false, probe)
    }

    fn with<F>(
        mut self,
        name: &'static str,
        required: bool,
        probe: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = anyhow::Result<()>> + Send + 'static,
    {
        self.checks.push(Check { name, required, probe: Box::new(move || Box::pin(probe())) });
        self
    }

    /// Returns the flag that is set when the process begins to stop: it is not ready from then on.
    pub fn draining(&self) -> Arc<AtomicBool> {
        self.draining.clone()
    }

    async fn report(&self) -> Report {
        let checks = join_all(self.checks.iter().map(|check| async {
            let started = Instant::now();
            let up = match tokio::time::timeout(CHECK_DEADLINE, (check.probe)()).await {
                Ok(Ok(())) => true,
                Ok(Err(error)) => {
                    tracing::warn!(dependency = check.name, "not ready: {error:#}");
                    false
                }
                Err(_) => {
                    tracing::warn!(
                        dependency = check.name,
                        "not ready: no answer in {CHECK_DEADLINE:?}"
                    );
                    false
                }
            };
            CheckReport {
                name: check.name,
                status: status(up),
                required: check.required,
                latency_ms: started.elapsed().as_millis() as u64,
            }
        }))
        .await;
        let up = !self.draining.load(Ordering::Relaxed)
            && checks.iter().all(|check| check.status == "UP" || !check.required);
        Report { status: status(up), checks }
    }
}

fn status(up: bool) -> &'static str {
    if up { "UP" } else { "DOWN" }
}

#[derive(Serialize)]
struct Report {
    status: &'static str,
    checks: Vec<CheckReport>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckReport {
    name: &'static str,
    status: &'static str,
    required: bool,
    latency_ms: u64,
}

#[derive(Serialize)]
struct Health {
    service: &'static str,
    status: &'static str,
    version: &'static str,
}

/// Routes `/health`, `/health/live`, `/health/ready` and `/metrics`, and each of `also_at` like
/// `/health`.
pub fn routes(service: &'static str, also_at: &[&'static str], readiness: Readiness) -> Router {
    let readiness = Arc::new(readiness);
    let health = move || async move {
        axum::Json(Health { service, status: "UP", version: env!("CARGO_PKG_VERSION") })
    };
    let ready = move || async move {
        let report = readiness.report().await;
        let code =
            if report.status == "UP" { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
        let mut response: Response = (code, axum::Json(&report)).into_response();
        if code != StatusCode::OK {
            response
                .headers_mut()
                .insert(http::header::RETRY_AFTER, http::HeaderValue::from_static("1"));
        }
        response
    };
    let mut router = Router::new()
        .route("/health", get(health))
        .route("/health/live", get(health))
        .route("/health/ready", get(ready))
        .route("/metrics", get(render_metrics));
    for path in also_at {
        router = router.route(path, get(health));
    }
    router
}
