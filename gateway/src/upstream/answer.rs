//! The body of an instance's answer on its way to the client.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use axum::body::HttpBody;
use bytes::Bytes;
use hyper::body::{Frame, Incoming, SizeHint};

use super::{instance::Instance, pool::Connection};

/// The body of an answer. If it is dropped before its end, since the client left, its connection is
/// closed, and the instance stops working on it.
pub struct AnswerBody {
    incoming: Incoming,
    /// Where the answer comes from; `None` after its end.
    source: Option<Source>,
}

struct Source {
    instance: Arc<Instance>,
    connection: Connection,
}

impl AnswerBody {
    pub fn new(incoming: Incoming, instance: Arc<Instance>, connection: Connection) -> Self {
        let mut body = Self { incoming, source: Some(Source { instance, connection }) };
        if body.incoming.is_end_stream() {
            body.finish();
        }
        body
    }

    /// Gives the connection back after a whole answer.
    fn finish(&mut self) {
        let Some(Source { instance, mut connection }) = self.source.take() else { return };
        instance.record_success();
        if connection.is_ready() {
            instance.pool.put(connection);
        } else if !connection.is_closed() {
            tokio::spawn(async move {
                if connection.ready().await.is_ok() {
                    instance.pool.put(connection);
                }
            });
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
        let polled = Pin::new(&mut self.incoming).poll_frame(context);
        match &polled {
            Poll::Ready(Some(Ok(_))) if self.incoming.is_end_stream() => self.finish(),
            Poll::Ready(None) => self.finish(),
            Poll::Ready(Some(Err(error))) => {
                if let Some(source) = self.source.take() {
                    tracing::warn!(instance = %source.instance.address, "broken answer: {error}");
                    source.instance.record_failure();
                }
            }
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
