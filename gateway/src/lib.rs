//! The gateway: the one address clients use. It says who is calling, and passes requests on to the
//! service that owns the path, streaming both ways.

mod addresses;
mod callers;
mod client_address;
mod compression;
mod config;
mod docs;
mod drain;
mod event_stream;
#[cfg(feature = "fuzzing")]
#[doc(hidden)]
pub mod fuzzing;
mod health;
mod identity;
mod jobs;
mod layers;
mod load_shedding;
mod path;
mod per_core;
mod protocol;
mod proxy;
mod proxy_protocol;
mod rate_limit;
mod revocations;
mod routes;
mod security_headers;
mod server;
mod short_text;
mod state;
mod tls;
mod upstream;
mod web;

use service_kit::{Job, Tasks};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use drain::Drain;
use jobs::Files;
use proxy_protocol::ProxyHeaders;
pub use rate_limit::{LimitClock, SharedStore};
use server::{Connections, Cores, Server};
use state::AppState;
pub use upstream::{Resolve, Resolving};

pub const PORT: u16 = 9000;

/// Serves on the runtime of the caller until `shutdown`, and for the delay of the drain.
///
/// # Errors
/// When a part cannot be set up.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let gateway = Gateway::new(config, shutdown).await?;
    let server = gateway.server.clone();
    let serve = |stop| async move {
        server.serve(listener, stop).await;
        Ok(())
    };
    service_kit::run(gateway.jobs, Tasks::default(), gateway.stop, serve).await
}

/// Serves on every core until `shutdown`, and for the delay of the drain, each with a runtime, a listener and
/// connections of its own. Jobs run on the runtime of the caller.
///
/// # Errors
/// When a part cannot be set up, or a core fails.
pub async fn run_on_all_cores(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let gateway = Gateway::new(config, shutdown).await?;
    let cores = Cores::listen(listener)?;
    let server = gateway.server.clone();
    let serve_core = move |core, listener, stop| {
        per_core::set_core(core);
        server.clone().serve(listener, stop)
    };
    let serve = |stop| cores.serve(serve_core, stop);
    service_kit::run(gateway.jobs, Tasks::default(), gateway.stop, serve).await
}

/// The parts of a gateway.
struct Gateway {
    server: Server,
    jobs: Vec<Job>,
    /// Cancelled when nothing new is to be accepted.
    stop: CancellationToken,
}

impl Gateway {
    async fn new(config: Config, shutdown: CancellationToken) -> anyhow::Result<Self> {
        let cors = layers::cors(&config.cors_allowed_origins);
        let source = revocations::Source::new(&config)?;
        let (tls, idle_timeout) = (config.tls.clone(), config.idle_timeout);
        let web = config.web.clone();
        let files_interval = config.files_interval;
        let (proxy_headers, drain_delay) = (ProxyHeaders::new(&config), config.drain_delay);
        let state = AppState::new(config)?;
        state.upstreams.look_up().await;
        let files = Files { tls: tls.clone(), web: web.clone(), interval: files_interval };
        let jobs = jobs::all(&state, source, files);
        let readiness = health::readiness(&state);
        let drain = Drain::at(shutdown, readiness.draining(), drain_delay);
        let stop = drain.stop().clone();
        let pages = layers::router(state.clone(), readiness, cors.clone(), web);
        let connections = Connections { proxy_headers, tls, idle_timeout, drain };
        Ok(Self { server: Server::new(state, pages, cors, connections), jobs, stop })
    }
}
