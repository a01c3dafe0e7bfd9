//! A connection of HTTP/2.
//!
//! What a client may have open at once is bounded by settings of the protocol. What it may do without getting
//! anywhere is bounded by [`Activity`], and how long it may leave an answer by [`progress`]. A request goes on
//! as one of HTTP/1.1 would.

mod activity;
mod progress;
mod request;

use std::{convert::Infallible, pin::Pin, sync::Arc, time::Duration};

use axum::response::Response;
use http_kit::{
    serve::{MAX_HEAD_BYTES, WRITE_TIMEOUT},
    watched_io::WatchedIo,
};
use hyper::{Request, body::Incoming, server::conn::http2, service::service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::{Instant, MissedTickBehavior, interval, sleep},
};
use tokio_util::sync::CancellationToken;

use crate::drain::Drain;
use activity::{Activity, Meter};
use progress::Streams;

/// The most requests at once on a connection.
const MAX_STREAMS: u32 = 100;

/// The most bytes of a body, and of all bodies of a connection, that wait to be read.
const STREAM_WINDOW: u32 = 64 * 1024;
const CONNECTION_WINDOW: u32 = 256 * 1024;

/// The most bytes of an answer that wait to be sent.
const SEND_BUFFER: usize = 64 * 1024;

/// The most streams that a client may have reset before they were looked at, and that we may have reset since
/// they were malformed. One more ends the connection.
const MAX_RESETS: usize = 20;

/// The time between two questions whether the client is there. It has as long to answer as for taking data.
const PING_EVERY: Duration = Duration::from_secs(30);

/// The time between two looks at what a connection does.
const TICK: Duration = Duration::from_secs(1);

/// The two ends of a connection's bytes.
pub trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<T: AsyncRead + AsyncWrite + Send + Unpin> Duplex for T {}

/// Answers the requests of a connection until it ends. It is asked to end when it was idle for too long, when the
/// gateway stops, and with its next request when the gateway is about to.
///
/// # Errors
/// When the client breaks the connection off, or does not keep to the protocol or its bounds.
pub async fn serve<A, F>(
    io: Box<dyn Duplex>,
    idle_timeout: Duration,
    answer: A,
    drain: &Drain,
    shutdown: &CancellationToken,
) -> anyhow::Result<()>
where
    A: Fn(axum::extract::Request) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let activity = Arc::new(Activity::default());
    let requests = activity.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        let begun = requests.begin(&request);
        let answered = answer(request::as_http1(request));
        async move {
            let response = answered.await;
            begun.answered();
            Ok::<_, Infallible>(progress::watch(response))
        }
    });
    let io = TokioIo::new(WatchedIo::new(io, Meter(activity.clone())));
    let mut connection = builder(&activity).serve_connection(io, service);
    let mut ticks = interval(TICK.min(idle_timeout / 4));
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut idle_since = Instant::now();
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => return Ok(ended?),
            () = shutdown.cancelled() => {
                Pin::new(&mut connection).graceful_shutdown();
                // The whole process waits for no more than 10 s.
                return Ok(connection.await?);
            }
            _ = ticks.tick() => {}
        }
        activity.tick();
        if activity.is_open() {
            idle_since = Instant::now();
        }
        let is_leaving = drain.is_draining() && activity.has_begun();
        if is_leaving || idle_since.elapsed() >= idle_timeout {
            Pin::new(&mut connection).graceful_shutdown();
            break;
        }
    }
    // Goes on with what is open; a client that takes nothing of it does not hold the connection.
    loop {
        tokio::select! {
            biased;
            ended = &mut connection => return Ok(ended?),
            () = sleep(WRITE_TIMEOUT), if !activity.is_open() => return Ok(()),
            _ = ticks.tick() => activity.tick(),
        }
    }
}

fn builder(activity: &Arc<Activity>) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(Streams::new(activity.clone()));
    builder
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEAD_BYTES as u32)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        .max_send_buf_size(SEND_BUFFER)
        .max_pending_accept_reset_streams(MAX_RESETS)
        .max_local_error_reset_streams(MAX_RESETS)
        .keep_alive_interval(PING_EVERY)
        .keep_alive_timeout(WRITE_TIMEOUT);
    builder
}
