//! The body of an instance's answer on its way to the client.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

use super::{
    connection::{BrokenAnswer, Connection, Incoming},
    instance::Instance,
};

/// The body of an answer. If it is dropped before its end, since the client left, its connection is
/// closed, and the instance stops working on it.
pub struct AnswerBody {
    incoming: Incoming,
    /// Where the answer comes from; `None` after its end.
    source: Option<Source>,
    /// Why the answer broke off, until the client's connection hears of it.
    broken: Option<BrokenAnswer>,
}

struct Source {
    instance: Arc<Instance>,
    connection: Connection,
}

impl AnswerBody {
    pub fn new(incoming: Incoming, instance: Arc<Instance>, connection: Connection) -> Self {
        let mut body =
            Self { incoming, source: Some(Source { instance, connection }), broken: None };
        if body.incoming.is_end_stream() {
            body.finish();
        }
        body
    }

    /// Gives the connection back after a whole answer.
    fn finish(&mut self) {
        let Some(Source { instance, mut connection }) = self.source.take() else { return };
        let now = Instant::now();
        instance.record_success(now);
        if connection.is_ready() {
            instance.pool.put(connection, now);
        } else if !connection.is_closed() {
            tokio::spawn(async move {
                if connection.ready().await {
                    instance.pool.put(connection, Instant::now());
                }
            });
        }
    }

    /// Closes the connection of an answer that broke off.
    fn fail(&mut self, error: &BrokenAnswer) {
        if let Some(Source { instance, .. }) = self.source.take() {
            tracing::warn!(instance = %instance.address, "broken answer: {error}");
            instance.record_failure();
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = BrokenAnswer;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BrokenAnswer>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let this = &mut *self;
        // After the end hyper may still have trailers.
        let polled = match (&mut this.source, &mut this.incoming) {
            (Some(source), incoming) => source.connection.poll_frame(context, incoming),
            (None, Incoming::Framed(body)) => {
                Pin::new(body).poll_frame(context).map_err(Into::into)
            }
            (None, Incoming::Plain(_)) => Poll::Ready(None),
        };
        match polled {
            Poll::Ready(Some(Err(error))) => {
                self.fail(&error);
                self.broken = Some(error);
                // An error ends the client's connection at once: what came before it is sent first.
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            Poll::Ready(None) => self.finish(),
            Poll::Ready(Some(Ok(_))) if self.incoming.is_end_stream() => self.finish(),
            Poll::Ready(Some(Ok(_))) | Poll::Pending => {}
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
