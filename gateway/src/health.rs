//! The gateway's readiness.

use anyhow::ensure;
use http_kit::health::Readiness;

use crate::{routes::Service, state::AppState};

/// Returns the gateway's readiness: it is ready once tokens can be judged. Services are only reported:
/// while one is away, the others are still worth reaching. Nobody is asked: the health checks know.
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
        let upstreams = state.upstreams.clone();
        readiness = readiness.reports(service.name(), move || {
            let is_ready = upstreams.of(service).is_ready();
            async move {
                ensure!(is_ready, "no instance is ready");
                Ok(())
            }
        });
    }
    readiness
}
