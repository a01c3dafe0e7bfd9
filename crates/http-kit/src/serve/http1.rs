//! A connection of HTTP/1.1.

use std::{
    convert::Infallible,
    future::poll_fn,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::Poll,
    time::Duration,
};

use axum::response::Response;
use bytes::Bytes;
use futures_util::FutureExt;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::sleep,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;

use super::{MAX_HEAD_BYTES, WRITE_TIMEOUT, head_deadline::HeadDeadline, head_timer::HeadTimer};
use crate::watched_io::WatchedIo;

/// The time in which a client that has just connected can send its first request, though nothing more is accepted.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// A connection that is given up when its client takes nothing.
pub type Patient<I> = Pin<Box<TimeoutStream<I>>>;

/// Has writing fail when the client takes nothing for [`WRITE_TIMEOUT`].
pub fn with_write_timeout<I: AsyncRead + AsyncWrite>(io: I) -> Patient<I> {
    let mut io = TimeoutStream::new(io);
    io.set_write_timeout(Some(WRITE_TIMEOUT));
    Box::pin(io)
}

/// A connection after its last request of HTTP/1.1.
pub enum Ended<I> {
    Closed,
    /// The client began with the preface of HTTP/2; `read` is what it has sent so far.
    Http2 {
        io: Patient<I>,
        read: Bytes,
    },
}

/// Answers the requests of a connection until it ends. One without a request ends after `idle_timeout`. From
/// `shutdown` on it takes no further request. One that has had none yet takes its first: the client connected
/// while that was allowed, and a request that is on its way must not be lost.
///
/// # Errors
/// When the client breaks the connection off, sends no HTTP, or is too slow.
pub async fn serve_http1<I, A, F>(
    io: I,
    idle_timeout: Duration,
    answer: A,
    shutdown: &CancellationToken,
) -> hyper::Result<Ended<I>>
where
    I: AsyncRead + AsyncWrite + Send + 'static,
    A: Fn(hyper::Request<Incoming>) -> F,
    F: Future<Output = Response>,
{
    let is_answering = Arc::new(AtomicBool::new(false));
    let io = WatchedIo::new(with_write_timeout(io), HeadDeadline::new(is_answering.clone()));
    let has_begun = AtomicBool::new(false);
    let service = service_fn(|request| {
        has_begun.store(true, Ordering::Relaxed);
        is_answering.store(true, Ordering::Relaxed);
        // A block around it would hold the future twice, and copy it for each request.
        answer(request).map(Ok::<_, Infallible>)
    });
    let mut connection = http1::Builder::new()
        .timer(HeadTimer::default())
        .header_read_timeout(idle_timeout)
        .max_buf_size(MAX_HEAD_BYTES)
        // One copy of a kilobyte costs less than the kernel takes for a second buffer.
        .writev(false)
        .serve_connection(TokioIo::new(io), service);
    let ended = tokio::select! {
        biased;
        ended = &mut connection => ended,
        () = shutdown.cancelled() => {
            let mut late = pin!(sleep(FIRST_REQUEST));
            // The request is taken by a poll of the connection, so that nothing else has to wake this task.
            let ended = poll_fn(|context| match connection.poll_unpin(context) {
                Poll::Ready(ended) => Poll::Ready(Some(ended)),
                Poll::Pending if has_begun.load(Ordering::Relaxed) => Poll::Ready(None),
                Poll::Pending => late.as_mut().poll(context).map(|()| None),
            });
            match ended.await {
                Some(ended) => ended,
                None => {
                    Pin::new(&mut connection).graceful_shutdown();
                    (&mut connection).await
                }
            }
        }
    };
    match ended {
        Ok(()) => Ok(Ended::Closed),
        Err(error) if error.is_parse_version_h2() => {
            let parts = connection.into_parts();
            Ok(Ended::Http2 { io: parts.io.into_inner().into_inner(), read: parts.read_buf })
        }
        Err(error) => Err(error),
    }
}
