//! Request bodies as they arrive: bounded in time, and drained when the handler answers without
//! having read them.
//!
//! If a server closes a connection while the client still sends, the client's kernel discards the
//! response. So the rest of a refused request is read and dropped, within limits.

use std::{
    error::Error,
    pin::Pin,
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, LengthLimitError};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::{
    runtime::Handle,
    time::{Instant, Sleep, sleep_until, timeout},
};

use crate::problem::{self, ApiError, codes};

/// How long a client may pause within a body.
const STALL: Duration = Duration::from_secs(10);

/// How long a whole body may take.
const WHOLE: Duration = Duration::from_secs(30);

/// How long, and how many bytes, an abandoned body is drained.
const DRAIN: Duration = Duration::from_secs(10);
const DRAIN_BYTES: usize = 64 * 1024 * 1024;

/// Why a request body ended early.
#[derive(Debug, thiserror::Error)]
pub enum BodyError {
    #[error("the client sends its body too slowly")]
    TooSlow,
    /// The client closed the connection, or its chunks are malformed.
    #[error("the body cannot be read")]
    Broken(#[source] hyper::Error),
}

/// The body of a received request.
pub struct RequestBody {
    /// The rest of the body; `None` after its end or a failure.
    incoming: Option<Incoming>,
    /// Whether the client waits for `100 Continue`, which the first read sends.
    waits_for_continue: bool,
    deadline: Instant,
    /// The timer of the current pause.
    stalled: Option<Pin<Box<Sleep>>>,
}

impl RequestBody {
    /// Wraps the body of `request`; an empty one becomes [`axum::body::Body::empty`].
    pub fn wrap(request: Request<Incoming>) -> axum::extract::Request {
        let waits_for_continue = request.headers().contains_key(header::EXPECT);
        request.map(|incoming| {
            if incoming.is_end_stream() {
                return axum::body::Body::empty();
            }
            axum::body::Body::new(Self {
                incoming: Some(incoming),
                waits_for_continue,
                deadline: Instant::now() + WHOLE,
                stalled: None,
            })
        })
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let this = &mut *self;
        let Some(incoming) = &mut this.incoming else { return Poll::Ready(None) };
        this.waits_for_continue = false;
        match Pin::new(incoming).poll_frame(context) {
            Poll::Ready(Some(Ok(frame))) => {
                this.stalled = None;
                Poll::Ready(Some(Ok(frame)))
            }
            Poll::Ready(Some(Err(error))) => {
                this.incoming = None;
                Poll::Ready(Some(Err(BodyError::Broken(error))))
            }
            Poll::Ready(None) => {
                this.incoming = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let deadline = this.deadline;
                let stalled = this.stalled.get_or_insert_with(|| {
                    Box::pin(sleep_until(deadline.min(Instant::now() + STALL)))
                });
                match stalled.as_mut().poll(context) {
                    // What is left in `incoming` is still drained: a late client gets its answer.
                    Poll::Ready(()) => Poll::Ready(Some(Err(BodyError::TooSlow))),
                    Poll::Pending => Poll::Pending,
                }
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.incoming.as_ref().is_none_or(Body::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.incoming.as_ref().map_or_else(|| SizeHint::with_exact(0), Body::size_hint)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        let Some(incoming) = self.incoming.take() else { return };
        if self.waits_for_continue || incoming.is_end_stream() {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(timeout(DRAIN, drain(incoming)));
        }
    }
}

async fn drain(mut incoming: Incoming) {
    let mut left = DRAIN_BYTES;
    while let Some(Ok(frame)) = incoming.frame().await {
        let read = frame.data_ref().map_or(0, Bytes::len);
        match left.checked_sub(read) {
            Some(rest) => left = rest,
            None => return,
        }
    }
}

/// Finds the failure of a request body among the causes of `error`, and returns its response: 413 when
/// the body passed a limit, 408 when it came too slowly, 400 when it could not be read.
pub fn as_api_error(error: &(dyn Error + 'static)) -> Option<ApiError> {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.is::<LengthLimitError>() {
            return Some(problem::body_too_large());
        }
        match error.downcast_ref::<BodyError>() {
            Some(BodyError::TooSlow) => {
                return Some(ApiError::of(
                    codes::BodyTooSlow::CODE,
                    "The request body did not arrive in time.",
                ));
            }
            Some(BodyError::Broken(_)) => {
                return Some(ApiError::of(
                    codes::BodyUnreadable::CODE,
                    "The body could not be read: it ends too early, or its chunks are malformed.",
                ));
            }
            None => cause = error.source(),
        }
    }
    None
}
