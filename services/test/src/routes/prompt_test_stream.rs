//! `GET /api/tests/{id}/stream`: server-sent events.

use std::convert::Infallible;

use auth::User;
use axum::{
    extract::State,
    response::sse::{Event, Sse},
};
use futures_util::{Stream, stream::unfold};
use http::HeaderMap;
use http_kit::{ApiResult, Path, openapi::Problems};
use ids::TestId;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use super::test_events::{self, last_event_id};
use crate::{
    error::codes,
    service::{
        prompt_tests,
        test_stream::{PromptTestStream, StreamCursor, StreamUpdate},
    },
    state::AppState,
};

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream_prompt_test))
}

/// One event of the stream, as its lines are named.
#[derive(ToSchema)]
#[expect(dead_code, reason = "events are written by the framework")]
struct StreamEvent {
    #[schema(pattern = "^(text|restart|done)$")]
    event: String,
    /// Takes the stream up again, in `Last-Event-ID`; `done` has none.
    id: Option<String>,
    /// JSON.
    data: String,
}

/// Follow a test
///
/// Server-sent events. `text` is a piece of the answer, `{"attempt","offset","text"}`: `offset` counts the
/// characters (Unicode code points) that came before it, and whoever joins late is given all of those
/// first. `restart`, `{"attempt"}`: another attempt has begun, and the text so far is void. `done` is the
/// finished test, as `GET /api/tests/{id}` answers it; the stream ends with it. A stream that ends
/// without it was cut off: ask again, with the last event's id in `Last-Event-ID`, and it goes on from
/// there. For the test's owner and administrators; so many streams at once each.
#[utoipa::path(
    get, path = "/api/tests/{id}/stream", tag = "tests",
    params(
        ("id" = TestId, Path, description = "The test's id."),
        (
            "Last-Event-ID" = Option<String>, Header,
            description = "Go on after this event. What is no id of ours is passed over.",
            example = "1:0",
        ),
    ),
    responses(
        (
            status = 200, description = "The events.", content_type = "text/event-stream", body = StreamEvent,
            example = json!({"event": "text", "id": "1:12", "data": r#"{"attempt":1,"offset":0,"text":"Mock answer "}"#}),
        ),
        Problems::<(codes::TestNotFound, codes::TooManyStreams)>,
    ),
    security(("bearer" = [])),
)]
async fn stream_prompt_test(
    State(state): State<AppState>,
    User(caller): User,
    Path(id): Path<TestId>,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    prompt_tests::find(&state, &caller, id).await?;
    let updates = PromptTestStream::new(state.clone(), caller.clone(), id, last_event_id(&headers));
    let events = unfold(updates, async |mut updates| {
        let (update, cursor) = updates.next().await?;
        Some((event(&update, cursor), updates))
    });
    Ok(test_events::answer(&state, &caller, events)?)
}

fn event(update: &StreamUpdate, cursor: StreamCursor) -> Event {
    let named = match update {
        StreamUpdate::Text(text) => {
            let id = format!("{}:{}", cursor.attempt, cursor.chars);
            Event::default().event("text").id(id).json_data(text)
        }
        StreamUpdate::Restart { attempt } => {
            let id = format!("{attempt}:0");
            Event::default().event("restart").id(id).json_data(json!({"attempt": attempt}))
        }
        StreamUpdate::Done(test) => Event::default().event("done").json_data(test),
    };
    // Text and numbers always serialise.
    named.unwrap_or_default()
}
