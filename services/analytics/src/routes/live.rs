//! `/analytics/live`: the stats as server-sent events.

use axum::{
    body::{Body, Bytes},
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderName, header};
use http_kit::{ApiResult, openapi::Problems};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::stats::StatsResponse;
use crate::{domain::Stats, error::codes, state::AppState};

static X_ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(follow_stats))
}

/// One event of the stream, as its lines are named.
#[derive(ToSchema)]
#[expect(dead_code, reason = "events are written as bytes")]
struct StatsEvent {
    #[schema(pattern = "^stats$")]
    event: String,
    /// The stats, in JSON, as `GET /analytics/stats` answers them.
    data: String,
}

/// Returns the stats as one event.
pub fn frame(stats: &Stats) -> Bytes {
    // Numbers and a time always serialise.
    let data = serde_json::to_string(&StatsResponse::from(stats)).unwrap_or_default();
    format!("event: stats\ndata: {data}\n\n").into()
}

/// Follow the activity on the whole platform
///
/// Server-sent events, for anyone. `stats` is what `GET /analytics/stats` answers: at once, then within a
/// second of a change, and at most once a second. A comment comes every 15 seconds. Each event holds all
/// figures, so that nothing is missed by whoever connects again: `Last-Event-ID` is not needed, and any
/// gets the figures of now. The stream ends when the server is stopped; connect again then.
#[utoipa::path(
    get, path = "/analytics/live", tag = "analytics",
    responses(
        (
            status = 200, description = "The events.", content_type = "text/event-stream", body = StatsEvent,
            example = json!({"event": "stats", "data": r#"{"totalUserEvents":3}"#}),
        ),
        Problems::<(codes::TooManyListeners, codes::StatsUnavailable)>,
    ),
)]
async fn follow_stats(State(state): State<AppState>) -> ApiResult<Response> {
    let frames = state.live.listen().await?;
    let headers = [
        (header::CONTENT_TYPE, "text/event-stream"),
        // Neither stored nor compressed, which would hold events back.
        (header::CACHE_CONTROL, "no-cache, no-transform"),
        // nginx passes each event on as it comes.
        (X_ACCEL_BUFFERING.clone(), "no"),
    ];
    Ok((headers, Body::from_stream(frames)).into_response())
}
