//! `promptforge-dev drill`: accidents on throwaway data, and checks that nothing is lost.
//!
//! - [`mod@gateway`]: restarts, stops and moves what is behind the gateway, and the gateway itself.
//! - [`mod@events`]: kills, pauses and restarts all that applies events.
//! - [`purchases`]: kills the marketplace while people buy.
//! - [`relay`]: kills the sender of the outbox while events are written.
//! - [`search`]: kills, corrupts and starves a search index.

mod events;
mod gateway;
mod prompt_stores;
mod purchases;
mod relay;
mod report;
mod restartable;
mod search;

use std::process::ExitCode;

/// Cause accidents on throwaway data, and check that nothing is lost; see docs/OPERATIONS.md
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Events(events::Args),
    Gateway(gateway::Args),
    Purchases(purchases::Args),
    Relay(relay::Args),
    Search(search::Args),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Events(args) => events::run(args).await,
        What::Gateway(args) => gateway::run(args).await,
        What::Purchases(args) => purchases::run(args).await,
        What::Relay(args) => relay::run(args).await,
        What::Search(args) => search::run(args).await,
    }
}
