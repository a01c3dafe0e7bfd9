//! `promptforge-dev bench reads`: what reads cost each process of the fleet.
//!
//! Clients, the gateway, the services and the stores share the machine, as on one server. `wrk` asks for the
//! paths of one kind after another, from 4,096 addresses, so that views are counted and sent as events
//! meanwhile; `/proc` tells the CPU time of each process.
//!
//! - [`fleet`]: the processes, of `bench search` too. [`requests`]: what is asked. [`report`]: the result.

pub mod fleet;
pub mod report;
pub mod requests;

use std::{
    fs,
    path::{Path, PathBuf},
    process::ExitCode,
    time::Duration,
};

use anyhow::Context;
use ids::UserId;
use promptforge::{
    console,
    local::{StateDir, state_dir},
};

use crate::{
    bench::gateway::load::{Load, Target},
    local::signals,
};
use fleet::{Build, Fleet};
use report::{Measured, Report};
use requests::{Asker, Kind};

/// The time of the requests before each measurement, which open connections and fill caches.
const WARM_UP: Duration = Duration::from_secs(1);

/// Measure what reads cost: CPU time of each process, throughput, latency
///
/// Starts Postgres, MongoDB, a Kafka broker, the user and the prompt service and the gateway. Databases are
/// filled once for each number of prompts, and kept in the directory. Needs wrk, and a release build of
/// promptforge beside this program.
#[derive(clap::Args)]
pub struct Args {
    /// The directory of the stores and of logs
    #[arg(long, value_name = "DIR", default_value = ".promptforge/bench-reads")]
    dir: PathBuf,
    /// The state directory of `up`, in which only the program of MongoDB is looked for
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
    /// The number of prompts in the database
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1000..))]
    prompts: u32,
    /// The number of prompt services
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=4))]
    instances: u32,
    /// The number of connections
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// The time of each measurement in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
    /// The number of measurements of each kind, by turns; their median is reported
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// The kinds to measure, by the beginnings of their names [default: all]
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    only: Vec<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    if cfg!(debug_assertions) {
        console::eprint("a build without optimisation: take its figures for nothing");
    }
    let dir = StateDir::open(&args.dir)?;
    let (build, prompts, instances) = (Build::own()?, args.prompts, args.instances);
    let fleet = tokio::select! {
        fleet = Fleet::start(&build, &dir, &args.state_dir, prompts, instances) => fleet?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    let outcome = tokio::select! {
        outcome = measure(&args, &dir, &fleet) => outcome.map(Some),
        () = shutdown.cancelled() => Ok(None),
    };
    fleet.stop().await;
    let Some(report) = outcome? else { return Ok(ExitCode::from(130)) };
    console::print(report.to_string().trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn measure(args: &Args, dir: &StateDir, fleet: &Fleet) -> anyhow::Result<Report> {
    let reader = UserId::new();
    let load = Load::new(dir, None, args.connections)?;
    let mut kinds = requests::kinds(&fleet.prompts_pool, &fleet.users_pool, reader).await?;
    if !args.only.is_empty() {
        kinds.retain(|kind| args.only.iter().any(|start| kind.name.starts_with(start)));
    }
    let token = fleet.signer.sign(reader, "bench", &[auth::Role::User], ids::SessionId::new())?;
    let target = |asker| Target {
        port: fleet.gateway_port,
        token: matches!(asker, Asker::User).then(|| token.clone()),
    };
    for asker in [Asker::Anyone, Asker::User] {
        load.check(&target(asker)).await.context("the gateway does not serve")?;
    }
    let mut report = Report::new(args.prompts, args.instances, args.connections, args.seconds);
    for round in 1..=args.rounds {
        console::eprint(&format!("round {round} of {}", args.rounds));
        for kind in &mut kinds {
            let paths = dir.path().join("paths");
            let (name, target) = (kind.name, target(kind.asker));
            let measured = measure_kind(args, &load, &target, fleet, kind, &paths).await;
            report.add(name, measured.context(name)?);
        }
    }
    Ok(report)
}

async fn measure_kind(
    args: &Args,
    load: &Load,
    target: &Target,
    fleet: &Fleet,
    kind: &mut Kind,
    paths: &Path,
) -> anyhow::Result<Measured> {
    if kind.each_once {
        // What was asked before would be a hit.
        let asked = kind.paths.len() / args.rounds as usize;
        kind.paths.rotate_left(asked);
    }
    fs::write(paths, kind.paths.join("\n") + "\n").context("cannot write paths")?;
    if !kind.each_once {
        load.ask_for(target, paths, WARM_UP).await?;
    }
    fleet.measure(load, target, paths, Duration::from_secs(args.seconds)).await
}
