//! The body of an instance's answer on its way to the client.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll, Waker},
};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::{instance::Instance, pool::Connection};

/// The body of an answer. If it is dropped before its end, since the client left, its connection is
/// closed, and the instance stops working on it.
pub struct AnswerBody {
    incoming: Incoming,
    /// Where the answer comes from; `None` after its end.
    source: Option<Source>,
    /// Why the answer broke off, until the client's connection hears of it.
    broken: Option<hyper::Error>,
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
                if connection.ready().await.is_ok() {
                    instance.pool.put(connection, Instant::now());
                }
            });
        }
    }

    /// Closes the connection of an answer that broke off.
    fn fail(&mut self, error: &hyper::Error) {
        if let Some(Source { instance, .. }) = self.source.take() {
            tracing::warn!(instance = %instance.address, "broken answer: {error}");
            instance.record_failure();
        }
    }
}

impl HttpBody for AnswerBody {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Some(error) = self.broken.take() {
            return Poll::Ready(Some(Err(error)));
        }
        let this = &mut *self;
        // What is here already needs no work of the connection.
        let idle = &mut Context::from_waker(Waker::noop());
        let polled = match (Pin::new(&mut this.incoming).poll_frame(idle), &mut this.source) {
            (Poll::Pending, Some(source)) => {
                let incoming = Pin::new(&mut this.incoming);
                source.connection.poll_answer(context, |context| incoming.poll_frame(context))
            }
            (polled, _) => polled,
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
