//! The listener, its timeouts and limits, and graceful shutdown.

use std::{
    convert::Infallible,
    io,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{Router, extract::ConnectInfo, response::Response};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulShutdown, Watcher},
};
use mimalloc::MiMalloc;
use tokio::{
    net::{TcpListener, TcpStream},
    signal::unix::{SignalKind, signal},
    sync::Semaphore,
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::{
    config::{ConfigError, Env},
    request_body::RequestBody,
    telemetry,
};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

/// How long a client may take to send a request head. An idle connection is closed after the same
/// time, so our own clients close theirs sooner ([`POOL_IDLE`]).
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// The most bytes of a request head; a larger one is answered 431. A body is read in chunks of this
/// size too.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// The most connections at once: with a full head each they take some 60 MB.
const MAX_CONNECTIONS: usize = 2048;

/// How long a client may read nothing of its response before it is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long our own HTTP clients keep an idle connection.
pub const POOL_IDLE: Duration = Duration::from_secs(15);

/// How long open requests may take to finish at shutdown.
const DRAIN: Duration = Duration::from_secs(10);

/// What is read of a connection before its first request.
pub trait Preamble: Clone + Send + 'static {
    /// Reads it from a peer, and returns the address that the connection comes from.
    fn read(
        &self,
        stream: &mut TcpStream,
        peer: SocketAddr,
    ) -> impl Future<Output = io::Result<SocketAddr>> + Send;
}

/// Connections begin with their first request.
impl Preamble for () {
    async fn read(&self, _: &mut TcpStream, peer: SocketAddr) -> io::Result<SocketAddr> {
        Ok(peer)
    }
}

/// Serves a router until `shutdown`, as [`serve_connections`] does.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    draining: Arc<AtomicBool>,
    shutdown: CancellationToken,
) {
    let upkeep = tokio::spawn(telemetry::keep_metrics());
    let answer = move |request: hyper::Request<Incoming>, peer| {
        let mut request = RequestBody::wrap(request);
        request.extensions_mut().insert(ConnectInfo::<SocketAddr>(peer));
        let router = router.clone();
        async move {
            let Ok(response) = router.oneshot(request).await;
            response
        }
    };
    serve_connections(listener, (), answer, &permits(), draining, shutdown).await;
    upkeep.abort();
}

/// Returns the permits of all connections that a process has at once.
pub fn permits() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(MAX_CONNECTIONS))
}

/// Answers the requests of connections until `shutdown`, then sets `draining`, stops accepting, and lets
/// open requests finish within 10 s. A process with several listeners shares the permits among them.
pub async fn serve_connections<A, F>(
    listener: TcpListener,
    preamble: impl Preamble,
    answer: A,
    permits: &Arc<Semaphore>,
    draining: Arc<AtomicBool>,
    shutdown: CancellationToken,
) where
    A: Fn(hyper::Request<Incoming>, SocketAddr) -> F + Clone + Send + 'static,
    F: Future<Output = Response> + Send + 'static,
{
    let graceful = GracefulShutdown::new();
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
        let (answer, preamble, watcher) = (answer.clone(), preamble.clone(), graceful.watcher());
        tokio::spawn(async move {
            let mut stream = stream;
            match preamble.read(&mut stream, peer).await {
                Ok(peer) => serve_connection(stream, peer, answer, watcher).await,
                Err(error) => tracing::debug!(%peer, "a connection began badly: {error}"),
            }
            drop(permit);
        });
    }
    draining.store(true, Ordering::Relaxed);
    drop(listener);
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still open after {DRAIN:?}; stopping anyway");
    }
}

async fn serve_connection<A, F>(stream: TcpStream, peer: SocketAddr, answer: A, watcher: Watcher)
where
    A: Fn(hyper::Request<Incoming>, SocketAddr) -> F,
    F: Future<Output = Response>,
{
    let _ = stream.set_nodelay(true);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(WRITE_TIMEOUT));
    let service = service_fn(move |request| {
        let answered = answer(request, peer);
        async { Ok::<_, Infallible>(answered.await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEAD_BYTES)
        // One copy of a kilobyte costs less than the kernel takes for a second buffer.
        .writev(false)
        .serve_connection(TokioIo::new(Box::pin(stream)), service);
    if let Err(error) = watcher.watch(connection).await {
        tracing::debug!(%peer, "connection ended: {error}");
    }
}

/// Runs a process from settings to exit code: 0 after a clean stop, 1 when it failed, 2 when
/// settings are missing or wrong (one message names all of them).
pub fn main<C, F>(
    name: &'static str,
    default_port: u16,
    read: impl FnOnce(&mut Env) -> C,
    run: impl FnOnce(C, TcpListener, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = anyhow::Result<()>>,
{
    let mut env = Env::new();
    telemetry::init(&mut env);
    let address = SocketAddr::new(
        env.parse_or("BIND_ADDR", IpAddr::V4(Ipv4Addr::LOCALHOST)),
        env.parse_or("PORT", default_port),
    );
    let config = read(&mut env);
    let config = match env.finish(config) {
        Ok(config) => config,
        Err(error) => return refuse(name, &error),
    };
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .context("cannot start the runtime")
        .and_then(|runtime| {
            runtime.block_on(async {
                let listener = TcpListener::bind(address)
                    .await
                    .with_context(|| format!("{name}: cannot listen on {address}"))?;
                tracing::info!(service = name, %address, "listening");
                run(config, listener, stop_signal()?).await
            })
        });
    telemetry::flush();
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(service = name, "{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "logging may not work yet")]
fn refuse(name: &str, error: &ConfigError) -> ExitCode {
    eprintln!("{name}: {error}");
    ExitCode::from(2)
}

/// Returns a token that SIGTERM or SIGINT cancels.
///
/// # Errors
/// When the handlers cannot be installed.
pub fn stop_signal() -> anyhow::Result<CancellationToken> {
    let token = CancellationToken::new();
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let cancel = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
        cancel.cancel();
    });
    Ok(token)
}

#[cfg(test)]
mod tests {
    use axum::routing::get;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

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
}
