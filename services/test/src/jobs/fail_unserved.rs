use crate::{repo::queue::lease, state::AppState};

const UNSERVED: &str = "The provider could not answer: there is no such endpoint any more.";

/// Fails the tests that wait for an endpoint which the settings do not name any more.
pub async fn fail_unserved(state: AppState) -> sqlx::Result<()> {
    let endpoints = state.providers.endpoints().iter().map(|endpoint| endpoint.name.clone());
    let endpoints: Vec<String> = endpoints.collect();
    for id in lease::fail_unserved(&state.pool, &endpoints, UNSERVED).await? {
        tracing::warn!(test = %id, "its endpoint is gone");
        let _ = state.ended.send(id);
    }
    Ok(())
}
