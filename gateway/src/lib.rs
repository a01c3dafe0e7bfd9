//! The gateway: the one address clients use. It says who is calling, and passes requests on to the
//! service that owns the path, streaming both ways.

mod addresses;
mod config;
mod docs;
mod health;
mod identity;
mod jobs;
mod layers;
mod path;
mod protocol;
mod proxy;
mod revocations;
mod routes;
mod security_headers;
mod state;
mod upstream;

use service_kit::{Process, Tasks};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub use config::Config;
use state::AppState;
pub use upstream::{Resolve, Resolving};

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
    let state = AppState::new(config)?;
    state.upstreams.look_up().await;
    let jobs = jobs::all(&state, source);
    let readiness = health::readiness(&state);
    let draining = readiness.draining();
    let router = layers::router(state, readiness, cors);
    Process { router, draining, jobs, tasks: Tasks::default() }.run(listener, shutdown).await
}
