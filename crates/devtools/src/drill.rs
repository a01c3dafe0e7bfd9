//! `promptforge-dev drill`: accidents on throwaway data, and checks that nothing is lost.
//!
//! - [`purchases`]: kills the marketplace while people buy.
//! - [`relay`]: kills the sender of the outbox while events are written.

mod purchases;
mod relay;

use std::process::ExitCode;

/// Cause accidents on throwaway data, and check that nothing is lost; see docs/OPERATIONS.md
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Purchases(purchases::Args),
    Relay(relay::Args),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Purchases(args) => purchases::run(args).await,
        What::Relay(args) => relay::run(args).await,
    }
}
