//! A body that holds something until its end.

use std::{
    pin::Pin,
    task::{Context, Poll},
};

use axum::body::HttpBody;
use hyper::body::{Frame, SizeHint};

/// A body, and what is dropped with its last byte, or with the body where nobody reads so far.
pub struct HeldBody<B, T> {
    body: B,
    held: Option<T>,
}

impl<B, T> HeldBody<B, T> {
    pub fn new(body: B, held: T) -> Self {
        Self { body, held: Some(held) }
    }
}

impl<B: HttpBody + Unpin, T: Unpin> HttpBody for HeldBody<B, T> {
    type Data = B::Data;
    type Error = B::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<B::Data>, B::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        // After the last frame of a body with a length nobody asks for another.
        let is_over = matches!(polled, Poll::Ready(None | Some(Err(_))));
        if is_over || self.body.is_end_stream() {
            self.held = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
