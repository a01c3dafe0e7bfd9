//! `promptforge-dev drill relay`: transactions write events to the outbox of the prompt service, while the
//! instance whose relay sends them is killed with -9 again and again. In the end each event must have
//! arrived, in order for each key.
//!
//! - [`environment`]: a database and two instances. [`load`]: the transactions.
//! - [`arrivals`]: what arrived, and whether that is right.

mod arrivals;
mod environment;
mod load;

use std::{process::ExitCode, time::Duration};

use promptforge::console::{self, Bar};
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use crate::{
    local::signals,
    seed::rng::{Rng, Stream},
};
use arrivals::Arrivals;
use environment::Environment;
use load::Load;

/// The shortest and the longest time from a take-over to the next kill, in milliseconds.
const LIFE: (usize, usize) = (20, 600);

/// The longest time in which everything must have arrived once nothing is written any more.
const SETTLED: Duration = Duration::from_secs(60);

/// Kill the relay of the outbox while events are written, and check what arrived
///
/// Starts two instances of the prompt service on a throwaway database:
/// `promptforge-dev stores -- promptforge-dev drill relay --kills 50`. Exit code 1 if an event is lost, or
/// arrived before an earlier one of its key; the database is then kept.
#[derive(clap::Args)]
pub struct Args {
    /// The Postgres server, on which a database is made, and dropped in the end
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The MongoDB server, in the same way
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    mongodb_uri: String,
    /// A broker without events in it, instead of one in memory
    #[arg(long)]
    brokers: Option<String>,
    /// The number of kills
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    kills: u32,
    /// The number of events written in a second
    #[arg(long, default_value_t = 600, value_parser = clap::value_parser!(u32).range(10..=10_000))]
    rate: u32,
    /// The seed of all moments and choices, as far as the machine repeats them [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let seed = args.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    console::eprint(&format!("seed {seed}"));
    let brokers = args.brokers.clone();
    let mut environment =
        Environment::create(&args.database_url, &args.mongodb_uri, brokers).await?;
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
    let mut arrivals = Arrivals::watch(environment.brokers())?;
    let load = Load::start(&environment.database, seed, args.rate);
    let mut rng = Rng::new(seed, Stream::Drill, 0);
    let mut take_overs = Vec::new();
    let bar = Bar::new(args.kills.into(), "killing {bar:40.cyan} {pos}/{len}  {eta} left");
    for _ in 0..args.kills {
        sleep(Duration::from_millis(rng.between(LIFE.0, LIFE.1) as u64)).await;
        take_overs.push(environment.kill_active().await?);
        environment.restart().await?;
        bar.advance(1);
    }
    bar.end();
    let written = load.stop().await?;
    let started = Instant::now();
    while started.elapsed() < SETTLED
        && (environment.outbox_depth().await? > 0 || !arrivals.are_complete(&written))
    {
        sleep(Duration::from_millis(50)).await;
    }
    take_overs.sort_unstable();
    let (median, longest) = (take_overs[take_overs.len() / 2], take_overs[take_overs.len() - 1]);
    console::print(&format!(
        "{} kills, seed {seed}; another relay took over within {median:?} (median), {longest:?} at most",
        args.kills
    ));
    let report = arrivals.check(&written, environment.outbox_depth().await?);
    console::print(&report.to_string());
    Ok(report.passed())
}
