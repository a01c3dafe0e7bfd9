//! The `promptforge-dev` program: what developers use beside `promptforge`. It runs the whole fleet
//! on this machine, fills its databases, measures it and breaks it on purpose.
//!
//! - A file per subcommand: [`up`], [`down`], [`stores`], [`produce`], [`seed`], [`seed_analytics`],
//!   [`mod@bench`], [`drill`].
//! - [`local`]: processes and stores of this machine, which `up`, `down` and `stores` share.
//! - [`databases`]: where the stores are.

mod bench;
mod databases;
mod down;
mod drill;
mod local;
mod produce;
mod seed;
mod seed_analytics;
mod stores;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Work on PromptForge: run the fleet on this machine, fill it, measure it, and break it
#[derive(Parser)]
#[command(name = PROGRAM, version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Up(up::Args),
    Down(down::Args),
    Stores(stores::Args),
    Produce(produce::Args),
    Seed(seed::Args),
    SeedAnalytics(seed_analytics::Args),
    Bench(bench::Args),
    Drill(drill::Args),
}

const PROGRAM: &str = "promptforge-dev";

fn main() -> ExitCode {
    let command = Cli::parse().command;
    promptforge::block_on(PROGRAM, async {
        match command {
            Command::Up(args) => up::run(args).await,
            Command::Down(args) => down::run(args).await,
            Command::Stores(args) => stores::run(args).await,
            Command::Produce(args) => produce::run(args).await,
            Command::Seed(args) => seed::run(args).await,
            Command::SeedAnalytics(args) => seed_analytics::run(args).await,
            Command::Bench(args) => bench::run(args).await,
            Command::Drill(args) => drill::run(args).await,
        }
    })
}
