//! One attempt to get an answer to a request from one instance.

use std::{future::poll_fn, io, sync::Arc, task::Poll, time::Duration};

use http::{HeaderValue, Request, Response, StatusCode, header, request::Parts};
use http_kit::deadline::X_REQUEST_TIMEOUT_MS;
use tokio::time::Instant;

use super::{
    answer::AnswerBody,
    connection::{BrokenAnswer, Connection, ExchangeError, Incoming},
    framed::Work,
    instance::{Health, Instance},
    upload::{Upload, UploadBody},
};

/// The time between two looks at whether the instance still answers its checks.
const LOOK_AFTER: Duration = Duration::from_millis(500);

/// The most time that an upload takes; `http_kit::request_body` ends it before.
const UPLOAD_DEADLINE: Duration = Duration::from_secs(35);

/// Why an attempt gave no answer.
#[derive(Debug)]
pub enum AttemptError {
    /// No connection was accepted: nothing was sent.
    Refused(io::Error),
    /// The connection ended before anything was sent.
    Unsent {
        was_fresh: bool,
    },
    /// The request was sent, at least in part, and no answer came.
    NoAnswer(BrokenAnswer),
    /// The answer is one that nobody asked for.
    Unexpected(StatusCode),
    /// The instance answers its checks no more.
    Hanging,
    TimedOut,
}

/// A request as it is sent to a service; the body apart.
pub struct Outbound {
    pub parts: Parts,
    pub upload: Upload,
    /// The time from the end of the upload within which an answer must begin.
    pub deadline: Duration,
    /// When the request was first given to the service.
    pub started: Instant,
    /// Whether it may be sent again after it got no answer.
    pub may_repeat: bool,
}

impl Outbound {
    /// Returns when an answer must have begun, as far as that can be said now.
    fn ends_at(&self) -> Instant {
        if self.upload.is_empty() {
            return self.started + self.deadline;
        }
        match self.upload.ended_at() {
            Some(ended) => ended + self.deadline,
            None => self.started + UPLOAD_DEADLINE + self.deadline,
        }
    }

    /// Tells whether the whole request could be sent once more.
    pub fn can_repeat(&self) -> bool {
        self.may_repeat && self.upload.is_whole()
    }

    /// Makes the message for an instance. The copy of the headers is kept and the original sent: it has room
    /// for what is added here, and then for the headers of the answer.
    fn message(&mut self, instance: &Instance, timeout_ms: u64) -> Request<UploadBody> {
        let mut message = Request::new(self.upload.lend());
        *message.method_mut() = self.parts.method.clone();
        *message.uri_mut() = self.parts.uri.clone();
        let kept = self.parts.headers.clone();
        *message.headers_mut() = std::mem::replace(&mut self.parts.headers, kept);
        let headers = message.headers_mut();
        headers.insert(header::HOST, instance.host.clone());
        headers.insert(&X_REQUEST_TIMEOUT_MS, HeaderValue::from(timeout_ms));
        message
    }

    /// Returns the time that the instance has to begin its answer, in milliseconds.
    fn timeout_ms(&self, now: Instant) -> u64 {
        let left = match self.upload.is_empty() {
            true => self.ends_at().saturating_duration_since(now),
            false => self.deadline,
        };
        left.as_millis() as u64
    }
}

/// Sends a request to an instance, over a kept connection unless `fresh`, and waits until its answer
/// begins. Dropping the future ends the connection, and so the work on the request. An instance that
/// answers its checks no more is left if `may_leave`; else it may still recover.
///
/// # Errors
/// See [`AttemptError`]; the instance's part in it is recorded.
pub async fn attempt(
    instance: &Arc<Instance>,
    outbound: &mut Outbound,
    (fresh, now): (bool, Instant),
    may_leave: impl Fn() -> bool,
) -> Result<Response<AnswerBody>, AttemptError> {
    let waiting = instance.begin(now);
    let work = if outbound.upload.is_empty() { Work::ByRequest } else { Work::ByTask };
    let kept = if fresh { None } else { instance.pool.take(work, now) };
    let is_fresh = kept.is_none();
    let mut connection = match kept {
        Some(connection) => connection,
        None => {
            // In a box, so that a request over a kept connection holds no room for it.
            let connected = Box::pin(Connection::open(instance.address, work)).await;
            connected.map_err(|error| {
                instance.record_refusal();
                AttemptError::Refused(error)
            })?
        }
    };
    let response = exchange(instance, outbound, &mut connection, now, may_leave).await;
    drop(waiting);
    match response {
        Ok(response) => {
            Ok(response.map(|body| AnswerBody::new(body, instance.clone(), connection)))
        }
        Err(mut error) => {
            if let AttemptError::Unsent { was_fresh } = &mut error {
                *was_fresh = is_fresh;
            }
            if is_fault(&error, outbound) {
                instance.record_failure();
            }
            Err(error)
        }
    }
}

async fn exchange(
    instance: &Instance,
    outbound: &mut Outbound,
    connection: &mut Connection,
    now: Instant,
    may_leave: impl Fn() -> bool,
) -> Result<Response<Incoming>, AttemptError> {
    let timeout_ms = outbound.timeout_ms(now);
    let is_plain = outbound.upload.is_empty()
        && connection.begin_plain(&outbound.parts, &instance.host, timeout_ms);
    if !is_plain {
        connection.begin_framed(outbound.message(instance, timeout_ms));
    }
    let mut look_at = now + LOOK_AFTER;
    let_others_read().await;
    let response = poll_fn(|context| {
        if let Poll::Ready(sent) = connection.poll_answer(context, &mut outbound.parts) {
            return Poll::Ready(sent.map_err(into_attempt_error));
        }
        while connection.poll_timer(context).is_ready() {
            let now = Instant::now();
            if now >= look_at {
                let end = outbound.ends_at();
                if now >= end {
                    return Poll::Ready(Err(AttemptError::TimedOut));
                }
                if instance.health() == Health::Hanging && outbound.can_repeat() && may_leave() {
                    return Poll::Ready(Err(AttemptError::Hanging));
                }
                look_at = end.min(now + LOOK_AFTER);
            }
            connection.set_timer(look_at);
        }
        Poll::Pending
    });
    let response = response.await?;
    let status = response.status();
    if status.is_informational() {
        return Err(AttemptError::Unexpected(status));
    }
    if status.is_server_error() {
        instance.record_error();
    }
    Ok(response)
}

/// Lets the other tasks of this core that can run go first, so that requests are read together and then
/// written together. An instance that the first of them woke takes the others while it is awake; to wake it
/// for each costs an eighth of a request's CPU time. tokio's `yield_now` would ask the system for events each
/// time, which an idle gateway would pay for.
async fn let_others_read() {
    let mut has_yielded = false;
    poll_fn(|context| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

fn into_attempt_error(error: ExchangeError) -> AttemptError {
    match error {
        ExchangeError::Unsent => AttemptError::Unsent { was_fresh: false },
        ExchangeError::Broken(error) => AttemptError::NoAnswer(error),
    }
}

/// Tells whether the instance is to blame: not for an upload that came too slowly, broke off or was too
/// large.
fn is_fault(error: &AttemptError, outbound: &Outbound) -> bool {
    match error {
        // An instance may close a connection that it has kept for a while.
        AttemptError::Unsent { was_fresh } => *was_fresh,
        // Recorded where it happened.
        AttemptError::Refused(_) => false,
        AttemptError::NoAnswer(error) => !error.is_of_upload(),
        AttemptError::TimedOut => {
            outbound.upload.is_empty() || outbound.upload.ended_at().is_some()
        }
        AttemptError::Unexpected(_) | AttemptError::Hanging => true,
    }
}
