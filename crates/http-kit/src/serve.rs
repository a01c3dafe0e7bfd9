//! The listener, its timeouts and limits, and graceful shutdown.

mod head_deadline;
mod head_timer;
mod http1;
mod process;

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{Router, extract::ConnectInfo};
use hyper::body::Incoming;
use socket2::{SockRef, TcpKeepalive};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tower::ServiceExt;

use crate::{request_body::RequestBody, telemetry};
pub use http1::{Ended, serve_http1, with_write_timeout};
pub use process::{main, stop_signal};

/// The time after which an idle connection is closed. Our own clients close theirs sooner ([`POOL_IDLE`]).
const IDLE_TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes of a request head; a larger one is answered 431. A body is read in chunks of this
/// size too.
pub const MAX_HEAD_BYTES: usize = 16 * 1024;

/// The most connections at once: with a full head each they take some 60 MB.
const MAX_CONNECTIONS: usize = 2048;

/// How long a client may read nothing of its response, or acknowledge nothing, before it is disconnected. One
/// that vanished without a word (a machine without power, a network that is gone) holds its connection and its
/// stream no longer; the system's own patience is a quarter of an hour.
pub const WRITE_TIMEOUT: Duration = Duration::from_secs(15);

/// The time without traffic after which the system asks whether the client is there, and between questions.
const KEEPALIVE: Duration = Duration::from_secs(5);

/// How long our own HTTP clients keep an idle connection.
pub const POOL_IDLE: Duration = Duration::from_secs(15);

/// How long open requests may take to finish at shutdown.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves a router until `shutdown`, then sets `draining` and ends as [`accept_connections`] does.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    draining: Arc<AtomicBool>,
    shutdown: CancellationToken,
) {
    let upkeep = tokio::spawn(telemetry::keep_metrics());
    let serve_connection = |stream, peer| {
        let (router, shutdown) = (router.clone(), shutdown.clone());
        let answer = move |request: hyper::Request<Incoming>| {
            let mut request = RequestBody::wrap(request);
            request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
            let router = router.clone();
            async move {
                let Ok(response) = router.oneshot(request).await;
                response
            }
        };
        async move {
            if let Err(error) = serve_http1(stream, IDLE_TIMEOUT, answer, &shutdown).await {
                tracing::debug!(%peer, "connection ended: {error}");
            }
        }
    };
    let say_so = async {
        shutdown.cancelled().await;
        draining.store(true, Ordering::Relaxed);
    };
    let permits = permits();
    let served = accept_connections(listener, &permits, &shutdown, serve_connection);
    tokio::join!(say_so, served);
    upkeep.abort();
}

/// Returns the permits of all connections that a process has at once.
pub fn permits() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_CONNECTIONS))
}

/// Serves each connection by `serve` until `shutdown`, then stops accepting, and waits for 10 s at most until
/// those that are open have ended. A process with several listeners shares the permits among them.
///
/// Connections that wait in the kernel's queue at `shutdown` are served: closing the listener would reset them,
/// and with them requests that their clients have sent.
pub async fn accept_connections<F>(
    listener: TcpListener,
    permits: &Arc<Semaphore>,
    shutdown: &CancellationToken,
    serve: impl Fn(TcpStream, SocketAddr) -> F,
) where
    F: Future<Output = ()> + Send + 'static,
{
    let connections = TaskTracker::new();
    let spawn = |stream: TcpStream, peer, permit| {
        if let Err(error) = set_options(&stream) {
            // The client is gone already, which reading says as well.
            tracing::debug!(%peer, "connection without its options: {error}");
        }
        let served = serve(stream, peer);
        connections.spawn(async move {
            served.await;
            drop(permit);
        });
    };
    loop {
        // Further connections wait in the kernel's queue. The semaphore is never closed.
        let permit = tokio::select! {
            permit = permits.clone().acquire_owned() => permit.ok(),
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Mostly out of file descriptors: others will close; do not spin meanwhile.
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = shutdown.cancelled() => break,
        };
        spawn(stream, peer, permit);
    }
    for (stream, peer) in queued(listener) {
        // Nobody is left to serve it once all permits are taken.
        let Ok(permit) = permits.clone().try_acquire_owned() else { break };
        spawn(stream, peer, Some(permit));
    }
    connections.close();
    if tokio::time::timeout(DRAIN, connections.wait()).await.is_err() {
        tracing::warn!("requests still open after {DRAIN:?}; stopping anyway");
    }
}

/// Returns the connections that wait in the kernel's queue; the listener closes after them.
fn queued(listener: TcpListener) -> impl Iterator<Item = (TcpStream, SocketAddr)> {
    // tokio's listener knows of a connection only after the system's events have been asked for.
    let listener = listener.into_std().ok();
    std::iter::from_fn(move || {
        let (stream, peer) = listener.as_ref()?.accept().ok()?;
        stream.set_nonblocking(true).ok()?;
        Some((TcpStream::from_std(stream).ok()?, peer))
    })
}

/// Has a connection send at once, and end soon after its client has vanished.
fn set_options(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let socket = SockRef::from(stream);
    let keepalive = TcpKeepalive::new().with_time(KEEPALIVE).with_interval(KEEPALIVE);
    socket.set_tcp_keepalive(&keepalive)?;
    // Ends what keep-alive leaves alone: a connection on which sent bytes are not acknowledged.
    socket.set_tcp_user_timeout(Some(WRITE_TIMEOUT))
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    use super::*;

    #[tokio::test]
    async fn a_client_that_takes_none_of_its_answer_is_disconnected() {
        const LENGTH: usize = 32 << 20;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().route("/", get(|| async { vec![0_u8; LENGTH] }));
        tokio::spawn(serve(listener, router, Arc::default(), CancellationToken::new()));
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        stream.read_exact(&mut [0; 1]).await.unwrap();
        // Time jumps to the next deadline whenever all wait.
        tokio::time::pause();
        tokio::time::sleep(2 * WRITE_TIMEOUT).await;
        let mut rest = Vec::new();
        let read = stream.read_to_end(&mut rest).await;
        assert!(read.is_err() || rest.len() < LENGTH, "it got all of its answer");
    }

    #[tokio::test]
    async fn a_client_that_waits_in_the_queue_when_the_listener_closes_is_answered() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut stream = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
        let router = Router::new().route("/", get(|| async { "answer" }));
        let shutdown = CancellationToken::new();
        shutdown.cancel();
        serve(listener, router, Arc::default(), shutdown).await;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("answer"), "{answer}");
    }

    #[tokio::test]
    async fn a_connection_beyond_the_bound_is_served_after_another_has_ended() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let mut clients = Vec::new();
        for _ in 0..2 {
            clients.push(TcpStream::connect(address).await.unwrap());
        }
        let (begun, mut ports) = tokio::sync::mpsc::unbounded_channel();
        let serve = move |mut stream: TcpStream, peer: SocketAddr| {
            begun.send(peer.port()).unwrap();
            async move {
                let _ = stream.read(&mut [0; 1]).await;
            }
        };
        tokio::spawn(async move {
            let shutdown = CancellationToken::new();
            accept_connections(listener, &Arc::new(Semaphore::new(1)), &shutdown, serve).await;
        });
        let own = |clients: &[TcpStream]| clients[0].local_addr().unwrap().port();
        assert_eq!(ports.recv().await, Some(own(&clients)));
        // Every task has run as far as it can.
        tokio::time::pause();
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(ports.try_recv().is_err(), "there is a permit for one");
        drop(clients.remove(0));
        assert_eq!(ports.recv().await, Some(own(&clients)));
    }

    #[tokio::test]
    async fn a_connection_asks_whether_its_client_is_there_and_gives_up_within_seconds() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let _client = TcpStream::connect(listener.local_addr().unwrap()).await.unwrap();
        let (stream, _) = listener.accept().await.unwrap();
        set_options(&stream).unwrap();
        let socket = SockRef::from(&stream);
        assert!(socket.keepalive().unwrap() && socket.tcp_nodelay().unwrap());
        assert_eq!(socket.tcp_keepalive_time().unwrap(), KEEPALIVE);
        assert_eq!(socket.tcp_keepalive_interval().unwrap(), KEEPALIVE);
        assert_eq!(socket.tcp_user_timeout().unwrap(), Some(WRITE_TIMEOUT));
    }
}
