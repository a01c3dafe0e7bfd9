//! `GET /api/tests/comparisons/{id}/stream`: server-sent events about all tests of a comparison.

use std::convert::Infallible;

use auth::User;
use axum::{
    extract::State,
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream::unfold};
use http::HeaderMap;
use http_kit::{ApiResult, Path, openapi::Problems};
use ids::{ComparisonId, TestId};
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::test_events::{self, last_event_id};
use crate::{
    domain::PromptTest,
    error::codes,
    service::{
        comparison_stream::{ComparisonCursor, ComparisonStream, ComparisonUpdate},
        comparisons,
        test_stream::{StreamUpdate, TextChunk},
    },
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream_comparison))
}

/// One event of the stream, as its lines are named.
#[derive(ToSchema)]
#[expect(dead_code, reason = "events are written by the framework")]
struct ComparisonStreamEvent {
    #[schema(pattern = "^(text|restart|done|end)$")]
    event: String,
    /// Takes the stream up again, in `Last-Event-ID`.
    id: String,
    /// JSON.
    data: String,
}

/// The data of an event about one test: which target's it is, and what the event says.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct TestData<T> {
    index: usize,
    test_id: TestId,
    #[serde(flatten)]
    data: T,
}

/// Follow a comparison
///
/// Server-sent events about all tests of the comparison, each with the `index` of its target and its
/// `testId`. `text` is a piece of an answer, `{"index","testId","attempt","offset","text"}`: `offset` counts
/// the characters (Unicode code points) that came before it. `restart`, `{"index","testId","attempt"}`:
/// another attempt at this test has begun, and its text so far is void. `done` is a finished test, as
/// `GET /api/tests/{id}` answers it. `end`, `{"comparisonId"}`, comes when all tests have ended, and the
/// stream ends with it. A stream that ends without it was cut off: ask again, with the last event's id in
/// `Last-Event-ID`, and it goes on from there. For the comparison's owner; counts as one of the streams that
/// they may have open at once.
#[utoipa::path(
    get, path = "/api/tests/comparisons/{id}/stream", tag = "comparisons",
    params(
        ("id" = ComparisonId, Path, description = "The comparison's id."),
        (
            "Last-Event-ID" = Option<String>, Header,
            description = "Go on after this event. What is no id of this stream is passed over.",
            example = "1:12,done",
        ),
    ),
    responses(
        (
            status = 200, description = "The events.", content_type = "text/event-stream",
            body = ComparisonStreamEvent,
            example = json!({
                "event": "text", "id": "1:12,0:0",
                "data": r#"{"index":0,"testId":"0197a1b0-0000-7000-8000-000000000001","attempt":1,"offset":0,"text":"Mock answer "}"#,
            }),
        ),
        Problems::<(codes::ComparisonNotFound, codes::TooManyStreams)>,
    ),
    security(("bearer" = [])),
)]
async fn stream_comparison(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<ComparisonId>,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let tests = comparisons::list_tests(&state, &caller, id).await?;
    let updates = ComparisonStream::new(&state, &caller, tests, last_event_id(&headers));
    let events = unfold(updates, move |mut updates| async move {
        let (update, cursor) = updates.next().await?;
        Some((event(id, update, cursor), updates))
    });
    Ok(test_events::answer(&state, &caller, events)?)
}

fn event(id: ComparisonId, update: ComparisonUpdate, cursor: &ComparisonCursor) -> Event {
    let named = match update {
        ComparisonUpdate::End => {
            Event::default().event("end").json_data(json!({"comparisonId": id}))
        }
        ComparisonUpdate::Test { index, test, update } => match update {
            StreamUpdate::Text(text) => about::<TextChunk>("text", index, test, text),
            StreamUpdate::Restart { attempt } => {
                about::<Value>("restart", index, test, json!({"attempt": attempt}))
            }
            StreamUpdate::Done(done) => about::<Box<PromptTest>>("done", index, test, done),
        },
    };
    // Text and numbers always serialise.
    named.unwrap_or_default().id(cursor.to_string())
}

fn about<T: Serialize>(
    name: &str,
    index: usize,
    test_id: TestId,
    data: T,
) -> Result<Event, axum::Error> {
    Event::default().event(name).json_data(TestData { index, test_id, data })
}
