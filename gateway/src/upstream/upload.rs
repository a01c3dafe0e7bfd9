//! A request's body on its way to an instance.

use std::{
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use axum::body::{Body, HttpBody};
use bytes::Bytes;
use http_body_util::Limited;
use http_kit::app::MAX_BODY_BYTES;
use hyper::body::{Frame, SizeHint};
use tokio::time::Instant;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// The body of one request, which can be lent to one attempt after another until its first byte is read.
#[derive(Clone, Default)]
pub struct Upload {
    /// `None` without a body.
    shared: Option<Arc<Mutex<Shared>>>,
}

struct Shared {
    body: Limited<Body>,
    /// The number of the attempt that may read the body.
    attempt: u32,
    is_begun: bool,
    ended_at: Option<Instant>,
}

impl Upload {
    pub fn new(body: Body) -> Self {
        if body.is_end_stream() {
            return Self::default();
        }
        let body = Limited::new(body, MAX_BODY_BYTES);
        let shared = Shared { body, attempt: 0, is_begun: false, ended_at: None };
        Self { shared: Some(Arc::new(Mutex::new(shared))) }
    }

    /// Lends the body to the next attempt; an earlier attempt can no longer read it.
    pub fn lend(&self) -> UploadBody {
        let shared = self.shared.clone();
        let attempt = shared.as_ref().map_or(0, |shared| {
            let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
            shared.attempt += 1;
            shared.attempt
        });
        UploadBody { shared, attempt }
    }

    pub fn is_empty(&self) -> bool {
        self.shared.is_none()
    }

    /// Tells whether the body can still be sent whole: there is none, or nothing of it was read.
    pub fn is_whole(&self) -> bool {
        self.read(|shared| !shared.is_begun).unwrap_or(true)
    }

    /// Returns when the last of the body was read; `None` while there is more, and without a body.
    pub fn ended_at(&self) -> Option<Instant> {
        self.read(|shared| shared.ended_at).flatten()
    }

    fn read<T>(&self, get: impl FnOnce(&Shared) -> T) -> Option<T> {
        let shared = self.shared.as_ref()?;
        Some(get(&shared.lock().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// The body as one attempt sends it.
pub struct UploadBody {
    shared: Option<Arc<Mutex<Shared>>>,
    attempt: u32,
}

impl HttpBody for UploadBody {
    type Data = Bytes;
    type Error = BoxError;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, BoxError>>> {
        let Some(shared) = &self.shared else { return Poll::Ready(None) };
        let mut shared = shared.lock().unwrap_or_else(PoisonError::into_inner);
        if shared.attempt != self.attempt {
            return Poll::Ready(Some(Err("the body was sent elsewhere".into())));
        }
        let polled = Pin::new(&mut shared.body).poll_frame(context);
        if let Poll::Ready(frame) = &polled {
            shared.is_begun = true;
            // After the last frame of a body with a length nobody asks for another.
            if !matches!(frame, Some(Ok(_))) || shared.body.is_end_stream() {
                shared.ended_at.get_or_insert_with(Instant::now);
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.shared.as_ref().is_none_or(|shared| {
            shared.lock().unwrap_or_else(PoisonError::into_inner).body.is_end_stream()
        })
    }

    fn size_hint(&self) -> SizeHint {
        self.shared.as_ref().map_or_else(
            || SizeHint::with_exact(0),
            |shared| shared.lock().unwrap_or_else(PoisonError::into_inner).body.size_hint(),
        )
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn a_body_goes_to_the_last_attempt_whole() {
        let upload = Upload::new(Body::from("whole"));
        let first = upload.lend();
        let second = upload.lend();
        assert!(first.collect().await.is_err());
        assert!(upload.is_whole() && upload.ended_at().is_none());
        assert_eq!(second.collect().await.unwrap().to_bytes(), "whole");
        assert!(!upload.is_whole() && upload.ended_at().is_some());
    }

    #[tokio::test]
    async fn a_body_that_is_not_there_can_be_sent_any_number_of_times() {
        let upload = Upload::new(Body::empty());
        for _ in 0..2 {
            assert!(upload.lend().is_end_stream() && upload.is_empty() && upload.is_whole());
        }
    }
}
