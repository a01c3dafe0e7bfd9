//! `promptforge-dev bench`: measurements that anyone can repeat.
//!
//! - [`mod@events`]: the pipeline of events. [`analytics`]: the calls of analytics.
//! - [`gateway`]: what the gateway costs, beside other proxies.
//! - [`logins`]: the time of failed sign-ins, and of reads beside many sign-ins.
//! - [`queries`]: the database time of the hot queries.
//! - [`reads`]: what reads cost each process of the fleet.
//! - [`search`]: how long a search takes, and what it costs.
//! - [`prompt_tests`]: the cost of the queue of prompt tests.

mod analytics;
mod events;
mod gateway;
mod logins;
mod prompt_tests;
mod queries;
mod reads;
mod search;

use std::process::ExitCode;

/// Measure; see docs/PERFORMANCE.md
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    what: What,
}

#[derive(clap::Subcommand)]
enum What {
    Analytics(analytics::Args),
    Events(events::Args),
    Gateway(gateway::Args),
    Logins(logins::Args),
    Queries(queries::Args),
    Reads(reads::Args),
    Search(search::Args),
    #[command(name = "tests")]
    PromptTests(prompt_tests::Args),
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Analytics(args) => analytics::run(args).await,
        What::Events(args) => events::run(args).await,
        What::Gateway(args) => gateway::run(args).await,
        What::Logins(args) => logins::run(args).await,
        What::Queries(args) => queries::run(args).await,
        What::Reads(args) => reads::run(args).await,
        What::Search(args) => search::run(args).await,
        What::PromptTests(args) => prompt_tests::run(args).await,
    }
}
