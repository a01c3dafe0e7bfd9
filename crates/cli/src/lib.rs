//! The `promptforge` program: one process of the fleet, the whole fleet on this machine, its
//! databases, and what is put into it.
//!
//! - A file per subcommand: [`serve`], [`migrate`], [`up`], [`down`], [`stores`], [`import`],
//!   [`seed`], [`bench`], [`drill`], [`health`].
//! - [`fleet`]: the six processes, as data.
//! - [`local`]: processes, stores and files of this machine, which `up`, `down` and `stores` share.
//! - [`databases`]: where the stores are. [`console`]: everything said to people.

mod bench;
mod console;
mod databases;
mod down;
mod drill;
mod fleet;
mod health;
mod import;
mod local;
mod migrate;
mod seed;
mod serve;
mod stores;
mod up;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "promptforge", version, about, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Migrate(migrate::Args),
    Up(up::Args),
    Down(down::Args),
    Stores(stores::Args),
    Import(import::Args),
    Seed(seed::Args),
    Bench(bench::Args),
    Drill(drill::Args),
    Health(health::Args),
}

/// The program, from its arguments to its exit code.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        // Reads its settings and starts its runtime itself, as each service's own program does.
        Command::Serve(args) => serve::run(&args),
        Command::Migrate(args) => block_on(migrate::run(args)),
        Command::Up(args) => block_on(up::run(args)),
        Command::Down(args) => block_on(down::run(args)),
        Command::Stores(args) => block_on(stores::run(args)),
        Command::Import(args) => block_on(import::run(args)),
        Command::Seed(args) => block_on(seed::run(args)),
        Command::Bench(args) => block_on(bench::run(args)),
        Command::Drill(args) => block_on(drill::run(args)),
        Command::Health(args) => block_on(health::run(args)),
    }
}

/// Runs a subcommand; an error is one line on standard error, and exit code 1.
fn block_on(work: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(work));
    result.unwrap_or_else(|error| {
        console::complain(&format!("promptforge: {error:#}"));
        ExitCode::FAILURE
    })
}
