//! The `promptforge` program: what ships. It runs one process of the fleet, brings the databases up
//! to date, and imports prompts.
//!
//! - A file per subcommand: [`serve`], [`migrate`], [`import`], [`health`],
//!   [`analytics`].
//! - [`fleet`]: the six processes, as data.
//! - [`local`]: the notes that a local stack keeps of itself, in which `import` finds its gateway.
//! - [`console`]: output to people.
//!
//! The program of developers, `promptforge-dev`, uses these modules too.

mod analytics;
pub mod console;
pub mod fleet;
mod health;
mod import;
pub mod local;
pub mod migrate;
mod serve;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Run PromptForge: its processes, its databases, and imports of prompts
#[derive(Parser)]
#[command(name = "promptforge", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Serve(serve::Args),
    Migrate(migrate::Args),
    Import(import::Args),
    Health(health::Args),
    /// Care of the figures of the analytics service
    Analytics(analytics::Args),
}

/// Runs the program, from its arguments to its exit code.
pub fn main() -> ExitCode {
    match Cli::parse().command {
        // Reads its settings and starts its runtime itself, as each service's own program does.
        Command::Serve(args) => serve::run(&args),
        Command::Migrate(args) => block_on("promptforge", migrate::run(args)),
        Command::Import(args) => block_on("promptforge", import::run(args)),
        Command::Health(args) => block_on("promptforge", health::run(args)),
        Command::Analytics(args) => block_on("promptforge", analytics::run(args)),
    }
}

/// Runs a subcommand of `program`; an error is one line on standard error, and exit code 1.
pub fn block_on(program: &str, work: impl Future<Output = anyhow::Result<ExitCode>>) -> ExitCode {
    let result = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(anyhow::Error::from)
        .and_then(|runtime| runtime.block_on(work));
    result.unwrap_or_else(|error| {
        console::eprint(&format!("{program}: {error:#}"));
        ExitCode::FAILURE
    })
}
