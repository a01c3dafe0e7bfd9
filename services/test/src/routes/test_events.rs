//! The server-sent events of tests, as the streams of a test and of a comparison share them.

use std::{convert::Infallible, str::FromStr, time::Duration};

use auth::Identity;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, HeaderName};

use crate::{error::ServiceError, state::AppState};

static LAST_EVENT_ID: HeaderName = HeaderName::from_static("last-event-id");

/// The time between comments, which keep proxies from closing a quiet stream.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Answers with events to a listener, as one of the streams that they may have open at once.
pub fn answer<S: Stream<Item = Event> + Send + 'static>(
    state: &AppState,
    listener: &Identity,
    events: S,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>> + use<S>>, ServiceError> {
    let most = state.limits.streams;
    let permit = state
        .stream_permits
        .acquire(listener.id, most)
        .ok_or(ServiceError::TooManyStreams { most })?;
    let events = events.map(move |event| {
        // Held until the stream is dropped, which is when the listener leaves.
        let _permit = &permit;
        Ok(event)
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Reads the cursor that a listener sent in `Last-Event-ID`. One that is no cursor counts as none.
pub fn last_event_id<C: FromStr + Default>(headers: &HeaderMap) -> C {
    let id = headers.get(&LAST_EVENT_ID).and_then(|id| id.to_str().ok());
    id.and_then(|id| id.parse().ok()).unwrap_or_default()
}
