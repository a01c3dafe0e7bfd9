//! The gateway: the one address clients use. It says who is calling, and passes requests on to the
//! service that owns the path, streaming both ways.

mod balance;
mod client_address;
mod config;
mod docs;
mod health;
mod identity;
mod jobs;
mod layers;
mod protocol;
mod proxy;
mod proxy_protocol;
mod rate_limit;
mod revocations;
mod routes;
mod security_headers;
mod state;

use service_kit::{Process, Tasks};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use proxy_protocol::Connections;
pub use rate_limit::{LimitClock, SharedStore};
use state::AppState;

pub const PORT: u16 = 9000;

/// Serves until `shutdown`.
///
/// # Errors
/// When a part cannot be set up.
pub async fn run(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> anyhow::Result<()> {
    let cors = layers::cors(&config.cors_allowed_origins);
    let source = revocations::Source::new(&config)?;
    let connections = Connections::new(&config);
    let state = AppState::new(config)?;
    let jobs = jobs::all(&state, source);
    let readiness = health::readiness(&state);
    let draining = readiness.draining();
    let router = layers::router(state, readiness, cors);
    let process = Process { router, draining, jobs, tasks: Tasks::default() };
    process.run_after(connections, listener, shutdown).await
}
