//! `promptforge-dev drill search`: accidents happen to the search index of one of two prompt services, while
//! prompts are created and hidden. A created prompt must be found, and a hidden one must be gone in the very next
//! answer, through both instances.
//!
//! - [`environment`]: a database and two instances. [`accidents`]: what happens to the index of the first one.
//! - [`traffic`]: the prompts, and what is found of them.

mod accidents;
mod environment;
mod traffic;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use promptforge::console::{self, Bar};
use tokio::time::sleep;
use uuid::Uuid;

use super::report::Report;
use crate::{
    local::signals,
    seed::rng::{Rng, Stream},
};
use environment::Environment;
use traffic::Traffic;

/// The shortest and the longest time from the start of an instance to the next kill, in milliseconds. An index
/// is committed twice a second.
const LIFE: (usize, usize) = (100, 1_500);

/// The time of traffic before the first accident, for how soon a prompt is found.
const QUIET: Duration = Duration::from_secs(10);

/// The longest time in which a created prompt must be found while no accident happens.
const FOUND_WITHIN: Duration = Duration::from_secs(1);

/// Kill, corrupt and starve the search index of one instance, and check what is found
///
/// Starts two prompt services on a throwaway database:
/// `promptforge-dev stores -- promptforge-dev drill search`. Exit code 1 if a hidden prompt is found, if a
/// prompt is not found in the end, or if an answer fails; the database is then kept.
#[derive(clap::Args)]
pub struct Args {
    /// The Postgres server, on which a database is made, and dropped in the end
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    database_url: String,
    /// The MongoDB server, in the same way
    #[arg(long, env = "MONGODB_URI", hide_env_values = true)]
    mongodb_uri: String,
    /// The number of kills
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
    kills: u32,
    /// The number of prompts created in a second
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=500))]
    rate: u32,
    /// A small file system for the indexes, which is filled up too; without it none is
    #[arg(long, value_name = "DIR")]
    small_disk: Option<PathBuf>,
    /// The seed of all moments and choices, as far as the machine repeats them [default: random]
    #[arg(long)]
    seed: Option<u64>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let seed = args.seed.unwrap_or_else(|| Uuid::new_v4().as_u64_pair().0);
    console::eprint(&format!("seed {seed}"));
    let small_disk = args.small_disk.clone();
    let mut environment =
        Environment::create(&args.database_url, &args.mongodb_uri, small_disk).await?;
    let outcome = tokio::select! {
        outcome = run_drill(&args, seed, &mut environment) => outcome,
        () = shutdown.cancelled() => {
            environment.tear_down(true).await?;
            return Ok(ExitCode::from(130));
        }
    };
    let passed = outcome.as_ref().is_ok_and(Report::passed);
    environment.tear_down(passed).await?;
    console::print(&outcome?.to_string());
    Ok(if passed { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn run_drill(
    args: &Args,
    seed: u64,
    environment: &mut Environment,
) -> anyhow::Result<Report> {
    environment.start().await?;
    let mut rng = Rng::new(seed, Stream::Drill, 0);
    let mut report = Report::default();

    let quiet = Traffic::start(environment.callers()?, args.rate);
    sleep(QUIET).await;
    let quiet = quiet.stop().await?;
    let slowest = quiet.found_after.iter().max().copied().unwrap_or_default();
    report.note("ms until a prompt was found, at most, without accidents", slowest.as_millis());
    report.expect("found late", 0, quiet.found_later_than(FOUND_WITHIN));

    let traffic = Traffic::start(environment.callers()?, args.rate);
    let bar = Bar::new(args.kills.into(), "killing {bar:40.cyan} {pos}/{len}  {eta} left");
    for _ in 0..args.kills {
        sleep(Duration::from_millis(rng.between(LIFE.0, LIFE.1) as u64)).await;
        environment.kill_first().await?;
        environment.start_first().await?;
        bar.advance(1);
    }
    bar.end();
    for while_running in [true, false] {
        console::eprint("flipping bytes of the index");
        accidents::flip_bytes(environment, &mut rng, while_running).await?;
        sleep(Duration::from_secs(2)).await;
    }
    if args.small_disk.is_some() {
        console::eprint("filling the disk up");
        accidents::fill_disk(environment, Duration::from_secs(5)).await?;
    }
    let mut traffic = traffic.stop().await?;
    traffic.prompts.extend(quiet.prompts);

    report.note("prompts created", traffic.prompts.len());
    report.note("of them hidden", traffic.prompts.iter().filter(|prompt| prompt.is_hidden).count());
    report.note("searches", traffic.searches + quiet.searches);
    report.note("searches not answered by the killed instance", traffic.unanswered);
    report.expect("hidden ones found", 0, traffic.hidden_found + quiet.hidden_found);
    report.expect("wrong answers", 0, traffic.wrong + quiet.wrong);
    let lost = traffic::count_lost(&environment.callers()?, &traffic.prompts).await;
    report.expect("not found in the end", 0, lost);
    Ok(report)
}
