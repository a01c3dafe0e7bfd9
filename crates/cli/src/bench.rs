//! `promptforge bench`: measurements that anyone can repeat.
//!
//! - [`logins`]: what signing in tells by its time, and what it does to others.
//! - [`queries`]: how long the database takes for what is asked most.
//! - [`tests`]: what the queue of tests costs.

mod logins;
mod queries;
mod tests;

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
    Tests(tests::Args),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Logins(args) => logins::run(args).await,
        What::Queries(args) => queries::run(args).await,
        What::Tests(args) => tests::run(args).await,
    }
}
