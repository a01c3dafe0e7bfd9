//! `GET /api/tests/runs/{id}/stream`: server-sent events about all cells of a run.

use std::convert::Infallible;

use auth::User;
use axum::{
    extract::State,
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream::unfold};
use http::HeaderMap;
use http_kit::{ApiResult, Path, openapi::Problems};
use ids::RunId;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::test_events::{self, last_event_id};
use crate::{
    error::codes,
    service::evaluation_runs::{EvaluationRunStream, RunCursor, RunUpdate},
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream_evaluation_run))
}

/// One event of the stream, as its lines are named.
#[derive(ToSchema)]
#[expect(dead_code, reason = "events are written by the framework")]
struct EvaluationRunStreamEvent {
    #[schema(pattern = "^(cell|progress|end)$")]
    event: String,
    /// Takes the stream up again, in `Last-Event-ID`.
    id: String,
    /// JSON.
    data: String,
}

/// Follow a run
///
/// Server-sent events about all cells of the run. `cell` is a cell that has ended from now on, as
/// `GET /api/tests/runs/{id}/results` answers it, with its `testId`; one may be told twice. `progress`,
/// `{"done","total","cancelled"}`, says how many cells are where: at first, and after each change. `end`,
/// `{"runId"}`, comes when all cells have ended, and the stream ends with it. Cells that ended before the first
/// event are in the results. A stream that ends without `end` was cut off: ask again, with the last event's id
/// in `Last-Event-ID`, and it goes on from there. For the run's owner; counts as one of the streams that they
/// may have open at once.
#[utoipa::path(
    get, path = "/api/tests/runs/{id}/stream", tag = "runs",
    params(
        ("id" = RunId, Path, description = "The run's id."),
        (
            "Last-Event-ID" = Option<String>, Header,
            description = "Go on after this event. What is no id of this stream is passed over.",
            example = "1767225600000",
        ),
    ),
    responses(
        (
            status = 200, description = "The events.", content_type = "text/event-stream",
            body = EvaluationRunStreamEvent,
            example = json!({
                "event": "progress", "id": "1767225600000",
                "data": r#"{"done":1,"total":2,"cancelled":0}"#,
            }),
        ),
        Problems::<(codes::RunNotFound, codes::TooManyStreams)>,
    ),
    security(("bearer" = [])),
)]
async fn stream_evaluation_run(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<RunId>,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let from = last_event_id(&headers);
    let updates = EvaluationRunStream::new(state.clone(), &caller, id, from).await?;
    let events = unfold(updates, move |mut updates| async move {
        let (update, cursor) = updates.next().await?;
        Some((event(id, &update, cursor), updates))
    });
    Ok(test_events::answer(&state, &caller, events)?)
}

fn event(id: RunId, update: &RunUpdate, cursor: RunCursor) -> Event {
    let named = match update {
        RunUpdate::Cell(cell) => Event::default().event("cell").json_data(cell),
        RunUpdate::Progress(progress) => Event::default().event("progress").json_data(progress),
        RunUpdate::End => Event::default().event("end").json_data(json!({"runId": id})),
    };
    // Text and numbers always serialise.
    named.unwrap_or_default().id(cursor.to_string())
}
