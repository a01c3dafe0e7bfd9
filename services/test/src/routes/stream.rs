//! `GET /api/tests/{id}/stream`: server-sent events.

use std::{convert::Infallible, time::Duration};

use auth::User as Caller;
use axum::{
    extract::State,
    response::sse::{Event, KeepAlive, Sse},
};
use futures_util::{Stream, stream::unfold};
use http::{HeaderMap, HeaderName};
use http_kit::{
    ApiResult, Path,
    openapi::{NotFound, TooManyRequests, Unauthorized},
};
use ids::TestId;
use serde_json::json;
use utoipa::ToSchema;
use utoipa_axum::{router::OpenApiRouter, routes};

use crate::{
    error::ServiceError,
    service,
    state::AppState,
    stream::{Follower, Mark, News},
};

static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// Between comments that keep proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(stream))
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
        Unauthorized,
        NotFound,
        TooManyRequests,
    ),
    security(("bearer" = [])),
)]
async fn stream(
    State(state): State<AppState>,
    Caller(caller): Caller,
    Path(id): Path<TestId>,
    headers: HeaderMap,
) -> ApiResult<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    service::find(&state, &caller, id).await?;
    let most = state.limits.streams;
    let seat = state.hub.seat(caller.id, most).ok_or(ServiceError::TooManyStreams(most))?;
    let mark = headers.get(&LAST_EVENT_ID).and_then(|value| value.to_str().ok()?.parse().ok());
    let follower = Follower::new(state, caller, id, mark.unwrap_or_default(), seat);
    let events = unfold(follower, async |mut follower| {
        let (news, mark) = follower.next().await?;
        Some((Ok(event(&news, mark)), follower))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

fn event(news: &News, mark: Mark) -> Event {
    let named = match news {
        News::Text(text) => {
            let id = format!("{}:{}", mark.attempt, mark.chars);
            Event::default().event("text").id(id).json_data(text)
        }
        News::Restart { attempt } => {
            let id = format!("{attempt}:0");
            Event::default().event("restart").id(id).json_data(json!({"attempt": attempt}))
        }
        News::Done(test) => Event::default().event("done").json_data(test),
    };
    // Text and numbers always serialise.
    named.unwrap_or_default()
}
