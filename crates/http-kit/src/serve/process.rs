//! The run of a process: its settings, its runtime, its listener, and the signals that stop it.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    process::ExitCode,
};

use anyhow::Context;
use mimalloc::MiMalloc;
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{ConfigError, Env},
    telemetry,
};

#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

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
