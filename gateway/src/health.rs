//! The gateway's readiness.

use std::time::Duration;

use anyhow::{Context, anyhow, ensure};
use axum::body::Body;
use http::{Request, header};
use http_kit::health::Readiness;

use crate::{routes::Service, state::AppState};

/// Returns the gateway's readiness: it is ready once tokens can be judged. Services are only reported:
/// while one is away, the others are still worth reaching.
pub fn readiness(state: &AppState) -> Readiness {
    let verifier = state.verifier.clone();
    let mut readiness = Readiness::default().requires("signing keys", move || {
        let has_keys = verifier.has_keys();
        async move {
            ensure!(has_keys, "no signing keys yet");
            Ok(())
        }
    });
    let revocations = state.revocations.clone();
    readiness = readiness.requires("revoked sessions", move || {
        let is_received = revocations.is_received();
        async move {
            ensure!(is_received, "no list of revoked sessions yet");
            Ok(())
        }
    });
    for service in Service::ALL {
        let state = state.clone();
        readiness = readiness.reports(service.name(), move || ping(state.clone(), service));
    }
    readiness
}

/// Asks the next instance of a service whether it is alive.
async fn ping(state: AppState, service: Service) -> anyhow::Result<()> {
    let authority =
        state.upstreams(service).round_robin().next().cloned().context("no instances")?;
    let request = Request::get("/health/live").header(header::HOST, authority.as_str());
    let answer = state.pool.request(&authority, request.body(Body::empty())?);
    let response = tokio::time::timeout(Duration::from_secs(1), answer).await?;
    let response = response.map_err(|error| anyhow!("{error}"))?;
    ensure!(response.status().is_success(), "answered {}", response.status());
    Ok(())
}
