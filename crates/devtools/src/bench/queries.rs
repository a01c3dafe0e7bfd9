//! `promptforge-dev bench queries`: the database time of the hot queries of the prompt service.
//!
//! The command calls the service over HTTP, so that its own statements are measured. The options of its
//! connections ask Postgres for a notice of each statement with its time and its plan; the service logs
//! notices beside the request, and [`service`] reads the log. Neither the service nor the server is
//! changed for that. The time is that of parsing, planning and executing, and a little more for watching
//! every plan node.
//!
//! - [`notices`]: the notices of Postgres. [`workload`], [`words`]: the requests. [`report`]: the result.

mod notices;
mod report;
mod service;
mod words;
mod workload;

use std::{fs, path::PathBuf, process::ExitCode, time::Duration};

use anyhow::{Context, ensure};
use promptforge::{
    console::{self, Bar},
    fleet::Process,
};
use sqlx::{PgPool, postgres::PgPoolOptions, query_scalar};
use tokio::time::sleep;

use crate::databases::Stores;
use notices::with_auto_explain;
use report::{Measurement, Report};
use service::Service;
use workload::Operation;

/// Measure the database time of the prompt service's hot queries, and show their plans
///
/// Starts a prompt service of its own on the database, sends one request after another, and writes a
/// report in Markdown. Needs a superuser's access, for the notices of Postgres.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    stores: Stores,
    /// The number of measured calls of each kind
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    samples: u32,
    /// The number of calls of each kind before those, to fill caches
    #[arg(long, default_value_t = 50)]
    warm_up: u32,
    /// The number of items before the deep pages of lists; half of a shorter list
    #[arg(long, default_value_t = 500_000)]
    depth: u64,
    /// The file for the report [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let database = Process::Prompt.database().context("the prompt service has no database")?;
    let url = args.stores.url_of(database)?;
    let pool = PgPoolOptions::new().max_connections(1).connect(&with_auto_explain(&url)?).await;
    let pool =
        pool.context("cannot open a session that says what it does: a superuser's is needed")?;
    let mut service = Service::start(&url).await?;
    let outcome = measure(&args, &pool, &mut service).await;
    service.stop().await;
    let report = outcome?;
    let text = report.to_markdown();
    match &args.output {
        Some(file) => {
            fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?
        }
        None => console::print(&text),
    }
    if report.has_failures() { Ok(ExitCode::FAILURE) } else { Ok(ExitCode::SUCCESS) }
}

async fn measure(args: &Args, pool: &PgPool, service: &mut Service) -> anyhow::Result<Report> {
    console::eprint("waiting until the service has summed up what a bulk load left it");
    wait_until_summed_up(pool).await?;
    console::eprint("waiting until the service has indexed the prompts");
    service.wait_until_indexed().await?;
    console::eprint("choosing what to ask for");
    let operations = workload::operations(pool, service, args.depth, args.samples).await?;
    let calls = operations.len() as u64 * u64::from(args.warm_up + args.samples);
    let bar = Bar::new(calls, "asking {bar:40.cyan} {pos}/{len}  {per_sec}  {eta} left");
    let mut measurements = Vec::new();
    for operation in operations {
        measurements.push(measure_operation(args, service, operation, &bar).await?);
    }
    bar.end();
    Report::new(pool, measurements).await
}

/// Waits until the service has summed up all changes; until then its queries would read them too.
async fn wait_until_summed_up(pool: &PgPool) -> anyhow::Result<()> {
    let left = "select exists (select from catalog_changes)";
    while query_scalar(left).fetch_one(pool).await? {
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

async fn measure_operation(
    args: &Args,
    service: &mut Service,
    operation: Operation,
    bar: &Bar,
) -> anyhow::Result<Measurement> {
    let Operation { name, requests } = operation;
    ensure!(!requests.is_empty(), "{name}: the database holds nothing to ask for");
    let mut measurements = Measurement::new(name);
    for (number, request) in (0..args.warm_up + args.samples).zip(requests.iter().cycle()) {
        let call = service.call(request).await?;
        if number >= args.warm_up {
            measurements.add(call);
        }
        bar.advance(1);
    }
    Ok(measurements)
}
