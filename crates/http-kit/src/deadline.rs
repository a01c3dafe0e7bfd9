//! The time that a request has for its answer.
//!
//! The gateway says how long it waits, in [`X_REQUEST_TIMEOUT_MS`]. A service works no longer than that, and tells
//! the services that it asks in turn what is left. The time runs from the end of the request's body: a client who
//! sends slowly takes none of the service's time. `auth::identify` believes the header of trusted callers.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderName};
use tokio::time::{Instant, sleep_until};

use crate::{
    held_body::HeldBody,
    problem::{ApiError, codes},
};

/// The header that tells a service, in milliseconds, how long its answer will be waited for.
pub static X_REQUEST_TIMEOUT_MS: HeaderName = HeaderName::from_static("x-request-timeout-ms");

/// The time that a request has when nobody says how long the answer is waited for, and at most.
const LONGEST: Duration = Duration::from_secs(60);

tokio::task_local! {
    static CURRENT: Deadline;
}

/// When the answer to a request must begin.
#[derive(Clone, Debug)]
pub struct Deadline {
    timeout: Duration,
    /// When the last of the body was received; set at once for a request without a body.
    body_ended: Arc<OnceLock<Instant>>,
}

impl Deadline {
    /// Reads the header of a trusted request. A value that is no positive number counts as absent.
    pub fn from_headers(headers: &HeaderMap) -> Self {
        let given = headers.get(&X_REQUEST_TIMEOUT_MS).map(http::HeaderValue::as_bytes);
        let digits = given.filter(|text| text.iter().all(u8::is_ascii_digit));
        let text = digits.and_then(|text| std::str::from_utf8(text).ok());
        let millis = text.and_then(|text| text.parse().ok()).filter(|millis| *millis > 0);
        let timeout = millis.map_or(LONGEST, Duration::from_millis).min(LONGEST);
        Self { timeout, body_ended: Arc::default() }
    }

    /// Returns the deadline of a request of which nobody says how long its answer is waited for.
    pub fn longest() -> Self {
        Self { timeout: LONGEST, body_ended: Arc::default() }
    }

    /// Returns the time that the request being served has left; `None` outside of a request.
    pub fn time_left() -> Option<Duration> {
        let ends_at = CURRENT.try_with(Self::ends_at).ok()?;
        Some(ends_at.saturating_duration_since(Instant::now()))
    }

    /// Answers a request in time: with a 504 where the handler takes longer.
    pub async fn enforce(self, request: Request, next: Next) -> Response {
        let request = self.watch_body(request);
        self.run(next.run(request)).await
    }

    /// Runs a handler until the deadline, which is then [`Deadline::time_left`]'s.
    pub async fn run(self, answered: impl Future<Output = Response>) -> Response {
        let expired = async {
            loop {
                let ends_at = self.ends_at();
                sleep_until(ends_at).await;
                if self.ends_at() <= ends_at {
                    return;
                }
            }
        };
        let answered = CURRENT.scope(self.clone(), answered);
        tokio::select! {
            // The timer is only set where the handler waits for something.
            biased;
            response = answered => response,
            () = expired => {
                let detail = "The request could not be answered in time.";
                ApiError::of(codes::UpstreamTimeout::CODE, detail).into_response()
            }
        }
    }

    /// Returns when the answer must have begun, as far as that can be said now.
    fn ends_at(&self) -> Instant {
        self.body_ended.get().copied().unwrap_or_else(Instant::now) + self.timeout
    }

    /// Notes when the body of a request ends: after its last byte, or when the handler reads no more of it.
    fn watch_body(&self, request: Request) -> Request {
        let ended = BodyEnd(self.body_ended.clone());
        if request.body().is_end_stream() {
            drop(ended);
            return request;
        }
        request.map(|body| Body::new(HeldBody::new(body, ended)))
    }
}

/// Notes the time when it is dropped.
struct BodyEnd(Arc<OnceLock<Instant>>);

impl Drop for BodyEnd {
    fn drop(&mut self) {
        self.0.get_or_init(Instant::now);
    }
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use axum::{Router, middleware, routing::any};
    use bytes::Bytes;
    use http::HeaderValue;
    use http_body_util::{BodyExt, channel::Channel};
    use tokio::time::{advance, sleep};
    use tower::ServiceExt;

    use super::*;

    fn timeout_of(value: &[u8]) -> Duration {
        let mut headers = HeaderMap::new();
        headers.insert(&X_REQUEST_TIMEOUT_MS, HeaderValue::from_bytes(value).unwrap());
        Deadline::from_headers(&headers).timeout
    }

    #[test]
    fn the_smaller_time_counts_and_what_is_no_time_does_not() {
        assert_eq!(timeout_of(b"250"), Duration::from_millis(250));
        for bad in [
            &b""[..],
            b"0",
            b"-1",
            b"+5",
            b" 5",
            b"5ms",
            b"1.5",
            b"1e3",
            b"\xff",
            b"18446744073709551616",
            b"18446744073709551615",
            b"60001",
        ] {
            assert_eq!(timeout_of(bad), LONGEST, "{:?}", String::from_utf8_lossy(bad));
        }
        assert_eq!(Deadline::from_headers(&HeaderMap::new()).timeout, LONGEST);
    }

    async fn answer(millis: u64, body: Body, router: Router) -> Response {
        let mut request = Request::new(body);
        request.headers_mut().insert(&X_REQUEST_TIMEOUT_MS, millis.into());
        let enforce = async |request: Request, next: Next| {
            Deadline::from_headers(request.headers()).enforce(request, next).await
        };
        let Ok(response) = router.layer(middleware::from_fn(enforce)).oneshot(request).await;
        response
    }

    #[tokio::test(start_paused = true)]
    async fn a_handler_that_takes_too_long_is_left_with_a_504() {
        let started = Instant::now();
        let hangs = Router::new().fallback(any(|| async { pending::<()>().await }));
        assert_eq!(answer(250, Body::empty(), hangs).await.status(), 504);
        assert_eq!(started.elapsed(), Duration::from_millis(250));
        let slow = || async {
            sleep(Duration::from_millis(200)).await;
            format!("{:?}", Deadline::time_left().unwrap())
        };
        let in_time = answer(250, Body::empty(), Router::new().fallback(any(slow))).await;
        let left = in_time.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(left, "50ms");
        assert_eq!(Deadline::time_left(), None, "outside of a request");
    }

    #[tokio::test(start_paused = true)]
    async fn the_time_runs_from_the_end_of_the_body() {
        let (mut writer, body) = Channel::<Bytes>::new(1);
        let sending = tokio::spawn(async move {
            for _ in 0..18 {
                sleep(Duration::from_secs(1)).await;
                writer.send_data(Bytes::from_static(b"x")).await.unwrap();
            }
        });
        let echo = Router::new().fallback(any(|body: Bytes| async { body }));
        assert_eq!(answer(250, Body::new(body), echo).await.status(), 200);
        sending.await.unwrap();
        let (_writer, body) = Channel::<Bytes>::new(1);
        let ignores = Router::new().fallback(any(|request: Request| async {
            drop(request);
            advance(Duration::from_millis(1)).await;
            pending::<()>().await;
        }));
        assert_eq!(answer(250, Body::new(body), ignores).await.status(), 504);
    }
}
