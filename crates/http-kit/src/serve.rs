//! Listening, timeouts, and stopping without dropping anyone.

use std::{
    convert::Infallible,
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use axum::{Router, extract::ConnectInfo};
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::GracefulShutdown,
};
use mimalloc::MiMalloc;
use tokio::{
    net::TcpListener,
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

/// A client must have sent its request head by then; an idle connection is closed by then too, so
/// clients of ours keep idle connections for less ([`POOL_IDLE`]).
const HEADER_TIMEOUT: Duration = Duration::from_secs(30);

/// The most that the head of a request may take; a larger one is answered 431. It is also how much of
/// a body is read at a time.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How many connections are served at once: with a full head each they take some 60 MB.
const MAX_CONNECTIONS: usize = 2048;

/// A client that takes none of its answer for so long is disconnected.
const WRITE_TIMEOUT: Duration = Duration::from_secs(30);

/// How long our own clients keep an idle connection.
pub const POOL_IDLE: Duration = Duration::from_secs(15);

/// How long open requests may take to finish once the process is asked to stop.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until `shutdown`, then stops accepting and lets open requests finish, for 10 s at most.
/// `draining` turns true first, so that readiness says so.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    draining: Arc<AtomicBool>,
    shutdown: CancellationToken,
) {
    let graceful = GracefulShutdown::new();
    let upkeep = tokio::spawn(telemetry::keep_metrics());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    loop {
        // The rest wait in the kernel's queue. The semaphore is never closed.
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place.ok(),
            () = shutdown.cancelled() => break,
        };
        let (stream, peer) = tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Out of file descriptors, mostly: others will close; do not spin meanwhile.
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    continue;
                }
            },
            () = shutdown.cancelled() => break,
        };
        let _ = stream.set_nodelay(true);
        let mut stream = TimeoutStream::new(stream);
        stream.set_write_timeout(Some(WRITE_TIMEOUT));
        let router = router.clone();
        let service = service_fn(move |request: hyper::Request<Incoming>| {
            let mut request = RequestBody::wrap(request);
            request.extensions_mut().insert(ConnectInfo(peer));
            let router = router.clone();
            async move {
                let Ok(response) = router.oneshot(request).await;
                Ok::<_, Infallible>(response)
            }
        });
        let connection = http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEADER_TIMEOUT)
            .max_buf_size(MAX_HEAD_BYTES)
            .serve_connection(TokioIo::new(Box::pin(stream)), service);
        let connection = graceful.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%peer, "connection ended: {error}");
            }
            drop(place);
        });
    }
    draining.store(true, Ordering::Relaxed);
    drop(listener);
    upkeep.abort();
    if tokio::time::timeout(DRAIN, graceful.shutdown()).await.is_err() {
        tracing::warn!("requests still open after {DRAIN:?}; stopping anyway");
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
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tracing::error!(service = name, "{error:#}");
            ExitCode::FAILURE
        }
    }
}

#[expect(clippy::print_stderr, reason = "said before anything else works")]
fn refuse(name: &str, error: &ConfigError) -> ExitCode {
    eprintln!("{name}: {error}");
    ExitCode::from(2)
}

/// Cancelled by SIGTERM or SIGINT.
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
