//! `promptforge-dev drill gateway`: a fleet behind the gateway is read and written, while its keys rotate, its
//! instances restart, hang and move, and gateways take over from each other. No read may fail that another
//! instance could have answered.
//!
//! - [`environment`]: databases and processes. [`load`]: the requests. [`samples`]: what became of them.
//! - [`accidents`]: what happens meanwhile. [`figures`]: what each accident did to reads.

mod accidents;
mod environment;
mod figures;
mod load;
mod samples;

use std::process::ExitCode;

use promptforge::console;
use tokio::time::Instant;

use super::report::Report;
use crate::local::signals;
use accidents::Drill;
use environment::Environment;
use load::Load;

/// Break what is behind the gateway, and the gateway, under load, and check that no read fails for it
///
/// Starts a fleet of its own on throwaway databases, with two instances of the user and the prompt service:
/// `promptforge-dev stores -- promptforge-dev drill gateway`. Exit code 1 if a read fails that another
/// instance could have answered, if a write fails whose service was left alone, or if reads of other services
/// become slower than 1.5 times of before; the databases and logs are then kept.
#[derive(clap::Args)]
pub struct Args {
    /// The Postgres server, on which databases are made, and dropped in the end
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The MongoDB server, in the same way
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    mongodb_uri: String,
    /// The number of reads a second
    #[arg(long, default_value_t = 400, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    rate: u32,
    /// The seconds of load before the accidents, and after each
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=600))]
    seconds: u64,
    /// The short form: 100 reads a second, a second after each accident, and no word on time
    #[arg(long, conflicts_with_all = ["rate", "seconds"])]
    short: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    if cfg!(debug_assertions) && !args.short {
        console::eprint("a debug build: what is slow may be slow for that");
    }
    let mut environment = Environment::create(&args.database_url, &args.mongodb_uri).await?;
    let mut report = Report::default();
    let outcome = tokio::select! {
        outcome = run_drill(&args, &mut environment, &mut report) => outcome,
        () = shutdown.cancelled() => {
            environment.tear_down(true).await?;
            return Ok(ExitCode::from(130));
        }
    };
    let passed = outcome.is_ok() && report.passed();
    environment.tear_down(passed).await?;
    console::print(&report.to_string());
    outcome?;
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_drill(
    args: &Args,
    environment: &mut Environment,
    report: &mut Report,
) -> anyhow::Result<()> {
    let (rate, seconds) = if args.short { (100, 1) } else { (args.rate, args.seconds) };
    environment.start().await?;
    let began = Instant::now();
    let load = Load::start(environment, rate).await?;
    let mut drill = Drill::new(environment, load, seconds);
    let windows = drill.run().await?;
    let samples = drill.load.stop().await;
    let table = figures::report(&windows, &samples, !args.short, report);
    console::print(&table);
    report.note("reads a second", rate);
    report.note("seconds", began.elapsed().as_secs());
    Ok(())
}
