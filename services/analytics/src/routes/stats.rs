//! `/analytics/stats`: the platform in figures.

use axum::extract::State;
use http_kit::{ApiResult, Json};
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{domain::Stats, service, state::AppState};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stats))
}

/// Activity on the whole platform
///
/// Anyone may call this. The figures follow what happens by a second or so, and count each event
/// once. The windows roll, and are exact to the minute.
#[utoipa::path(
    get, path = "/analytics/stats", tag = "analytics",
    responses((status = 200, description = "The figures.", body = Stats)),
)]
async fn stats(State(state): State<AppState>) -> ApiResult<Json<Stats>> {
    Ok(Json(service::stats::stats(&state).await?))
}
