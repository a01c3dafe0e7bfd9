//! Streams of server-sent events, which end with a word when the gateway stops.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::{
    body::{Body, Bytes, HttpBody},
    response::Response,
};
use http::header;
use hyper::body::Frame;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The last words of a stream. A comment: clients pass over it, and connect again.
const LAST_WORDS: &[u8] = b": the gateway is stopping; connect again\n\n";

/// Has a stream of events end, between two events, when `stop` is cancelled. Other answers stay as they are.
pub fn end_at(stop: &CancellationToken, response: Response) -> Response {
    let headers = response.headers();
    let is_events = headers
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
    if !is_events || headers.contains_key(header::CONTENT_ENCODING) {
        return response;
    }
    let stopped = Box::pin(stop.clone().cancelled_owned());
    response.map(|events| Body::new(EventStream { events, stopped, tail: *b"\n\n\n" }))
}

struct EventStream {
    events: Body,
    stopped: Pin<Box<WaitForCancellationFutureOwned>>,
    /// The last bytes that were sent.
    tail: [u8; 3],
}

impl EventStream {
    /// Tells whether an event has just ended, or none has begun.
    fn is_between_events(&self) -> bool {
        matches!(&self.tail, [_, b'\n', b'\n'] | [_, b'\r', b'\r'] | b"\n\r\n")
    }

    fn remember(&mut self, data: &[u8]) {
        let seen = [&self.tail, data].concat();
        if let Some(tail) = seen.last_chunk() {
            self.tail = *tail;
        }
    }
}

impl HttpBody for EventStream {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let this = &mut *self;
        // In the middle of an event the rest of it is waited for.
        if this.is_between_events()
            && !this.events.is_end_stream()
            && this.stopped.as_mut().poll(context).is_ready()
        {
            // The service is let go.
            this.events = Body::empty();
            return Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(LAST_WORDS)))));
        }
        let polled = Pin::new(&mut this.events).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            let end = data.len().saturating_sub(3);
            this.remember(&data[end..]);
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.events.is_end_stream()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_stream_that_is_stopped_ends_after_the_event_that_has_begun() {
        let stop = CancellationToken::new();
        let chunks = ["data: 1\n\n", "data", ": 2\r\n", "\r\n", "data: 3\n\n"];
        let events = stream::iter(chunks.map(Ok::<_, axum::Error>)).chain(stream::pending());
        let response = Response::builder()
            .header(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")
            .body(Body::from_stream(events))
            .unwrap();
        let mut body = end_at(&stop, response).into_body();
        for chunk in &chunks[..2] {
            assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), *chunk);
        }
        stop.cancel();
        let rest = body.collect().await.unwrap().to_bytes();
        assert_eq!(rest, [b": 2\r\n\r\n", LAST_WORDS].concat());
    }
}
