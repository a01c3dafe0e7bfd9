//! `promptforge-dev drill purchases`: buyers buy and give back prompts, and their seller pauses and
//! prices them, while the marketplace is killed with -9 again and again. In the end the books must agree.
//!
//! - [`environment`]: databases and processes. [`traffic`]: the calls, and what was acknowledged.
//! - [`ledger`]: checks of the books. [`report`]: their result.

mod environment;
mod ledger;
mod report;
mod traffic;

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use promptforge::console::{self, Bar};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    local::signals,
    seed::rng::{Rng, Stream},
};
use environment::Environment;
use ledger::{Ledger, OpenPurchases};
use traffic::Traffic;

/// The shortest and the longest time from a ready process to its kill, in milliseconds.
const LIFE: (usize, usize) = (20, 600);

/// The time in which everything must be settled: a minute, and more for a slow machine.
const SETTLED: Duration = Duration::from_secs(90);

/// Kill the marketplace while people buy, and check the books
///
/// Starts a prompt service and a marketplace of its own on throwaway databases:
/// `promptforge-dev stores -- promptforge-dev drill purchases --kills 50`. Exit code 1 if something that
/// was acknowledged is not in the books, or the books do not agree; the databases are then kept.
#[derive(clap::Args)]
pub struct Args {
    /// The Postgres server, on which databases are made, and dropped in the end
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The MongoDB server, in the same way
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    mongodb_uri: String,
    /// The number of kills
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// The number of people who buy at once
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    people: u32,
    /// The seed of all moments and choices, as far as the machine repeats them [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let seed = args.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    console::eprint(&format!("seed {seed}"));
    let mut environment = Environment::create(&args.database_url, &args.mongodb_uri).await?;
    let outcome = tokio::select! {
        outcome = run_drill(&args, seed, &mut environment) => outcome,
        () = shutdown.cancelled() => {
            environment.tear_down(true).await?;
            return Ok(ExitCode::from(130));
        }
    };
    let well = outcome.as_ref().is_ok_and(|well| *well);
    environment.tear_down(well).await?;
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs the drill; tells whether it passed.
async fn run_drill(args: &Args, seed: u64, environment: &mut Environment) -> anyhow::Result<bool> {
    environment.start().await?;
    let traffic = Traffic::start(environment, seed, args.people).await?;
    let mut rng = Rng::new(seed, Stream::Drill, 0);
    let open_purchases = OpenPurchases::connect(environment).await?;
    let mut left_open = 0;
    let bar = Bar::new(args.kills.into(), "killing {bar:40.cyan} {pos}/{len}  {eta} left");
    for _ in 0..args.kills {
        sleep(Duration::from_millis(rng.between(LIFE.0, LIFE.1) as u64)).await;
        environment.kill().await?;
        left_open += open_purchases.count().await?;
        environment.restart().await?;
        bar.advance(1);
    }
    bar.end();
    let seller = traffic.seller;
    let acknowledged = traffic.stop().await.context("a buyer or the seller")?;

    let ledger = Ledger::open(environment, seller, acknowledged).await?;
    let started = Instant::now();
    while !ledger.is_settled().await? && started.elapsed() < SETTLED {
        sleep(Duration::from_millis(50)).await;
    }
    let waited = started.elapsed();
    let report = ledger.check(environment).await?;
    console::print(&format!(
        "{left_open} purchases and refunds were open at the moments of the kills"
    ));
    console::print(&format!(
        "{} kills, seed {seed}; settled {:.1} s after the people had left",
        args.kills,
        waited.as_secs_f32()
    ));
    console::print(&report.to_string());
    Ok(report.passed())
}
