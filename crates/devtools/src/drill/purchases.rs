//! `promptforge-dev drill purchases`: people buy, give back, pause and price prompts, while the
//! marketplace is killed with -9 again and again. In the end the books must agree.
//!
//! - [`stage`]: databases and processes. [`people`]: what they do, and what they were promised.
//! - [`ledger`]: what must be so in the end.

mod ledger;
mod people;
mod stage;

use std::{process::ExitCode, time::Duration};

use anyhow::Context;
use promptforge::console::{self, Bar};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    local::signals,
    seed::rng::{Rng, Stream},
};
use ledger::{Ledger, Left};
use people::Crowd;
use stage::Stage;

/// Between a process that is ready and its end, in milliseconds.
const LIFE: (usize, usize) = (20, 600);

/// "Within a minute", and a slow machine's time on top.
const SETTLED: Duration = Duration::from_secs(90);

/// Kill the marketplace while people buy, and check the books
///
/// Starts a prompt service and a marketplace of its own on throwaway databases:
/// `promptforge-dev stores -- promptforge-dev drill purchases --kills 50`. Exit code 1 if anything that was
/// promised is not so, or the books do not agree; the databases are then kept.
#[derive(clap::Args)]
pub struct Args {
    /// A server on which databases are made, and dropped in the end
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The same for MongoDB
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    mongodb_uri: String,
    /// How often the marketplace is killed
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// How many people buy at once
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    people: u32,
    /// For the same moments and choices again, as far as the machine lets them be [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let seed = args.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    console::complain(&format!("seed {seed}"));
    let mut stage = Stage::set(&args.database_url, &args.mongodb_uri).await?;
    let outcome = tokio::select! {
        outcome = perform(&args, seed, &mut stage) => outcome,
        () = shutdown.cancelled() => {
            stage.strike(true).await?;
            return Ok(ExitCode::from(130));
        }
    };
    let well = outcome.as_ref().is_ok_and(|well| *well);
    stage.strike(well).await?;
    Ok(if outcome? { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether all was well.
async fn perform(args: &Args, seed: u64, stage: &mut Stage) -> anyhow::Result<bool> {
    stage.open().await?;
    let crowd = Crowd::gather(stage, seed, args.people).await?;
    let mut rng = Rng::new(seed, Stream::Drill, 0);
    let left = Left::by_kills(stage).await?;
    let mut left_open = 0;
    let bar = Bar::new(args.kills.into(), "killing {bar:40.cyan} {pos}/{len}  {eta} left");
    for _ in 0..args.kills {
        sleep(Duration::from_millis(rng.between(LIFE.0, LIFE.1) as u64)).await;
        stage.kill().await?;
        left_open += left.open().await?;
        stage.restart().await?;
        bar.advance(1);
    }
    bar.end();
    let seller = crowd.seller;
    let promised = crowd.disperse().await.context("the crowd")?;

    let ledger = Ledger::open(stage, seller, promised).await?;
    let started = Instant::now();
    while !ledger.is_settled().await? && started.elapsed() < SETTLED {
        sleep(Duration::from_millis(50)).await;
    }
    let waited = started.elapsed();
    let report = ledger.balance(stage).await?;
    console::say(&format!(
        "{left_open} purchases and refunds were open at the moments of the kills"
    ));
    console::say(&format!(
        "{} kills, seed {seed}; settled {:.1} s after the people had left",
        args.kills,
        waited.as_secs_f32()
    ));
    console::say(&report.to_string());
    Ok(report.is_well())
}
