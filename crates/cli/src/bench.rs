//! `promptforge bench`: measurements that anyone can repeat.
//!
//! - [`logins`]: what signing in tells by its time, and what it does to others.
//! - [`queries`]: how long the database takes for what is asked most.

mod logins;
mod queries;

use std::process::ExitCode;

/// Measure; see docs/PERFORMANCE.md
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Logins(logins::Args),
    Queries(queries::Args),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Logins(args) => logins::run(args).await,
        What::Queries(args) => queries::run(args).await,
    }
}
