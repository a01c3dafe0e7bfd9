//! `promptforge-dev bench queries`: how long the database takes for what is asked of the prompt service
//! most.
//!
//! The service itself is asked, over HTTP, so that it is its own statements that are measured. Its
//! connections tell Postgres to say, of each statement, how long it took and what its plan was; the
//! service logs what Postgres says beside the request it was for, and [`service`] reads the log.
//! Nothing of the service or of the server is changed for that. The time counted is that of parsing,
//! planning and executing, with the cost of watching every plan node: a little more than without.
//!
//! - [`notices`]: what Postgres says. [`workload`], [`words`]: what is asked. [`report`]: what came of
//!   it.

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
use notices::watched;
use report::{Measured, Report};
use service::Service;
use workload::Operation;

/// Measure the database time of the prompt service's hot queries, and show their plans
///
/// Starts a prompt service of its own on the database, asks it one thing after another, and writes
/// a report in Markdown. Needs a superuser's access, for asking Postgres what it does.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    stores: Stores,
    /// How many calls of each kind are measured
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    samples: u32,
    /// How many calls of each kind come before those, for caches to be as they are in use
    #[arg(long, default_value_t = 50)]
    warm_up: u32,
    /// How far down the lists the deep pages are; half-way when the list is shorter
    #[arg(long, default_value_t = 500_000)]
    depth: u64,
    /// Where the report goes [default: standard output]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let database = Process::Prompt.database().context("the prompt service has no database")?;
    let url = args.stores.url_of(database)?;
    let pool = PgPoolOptions::new().max_connections(1).connect(&watched(&url)?).await;
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
        None => console::say(&text),
    }
    if report.has_failures() { Ok(ExitCode::FAILURE) } else { Ok(ExitCode::SUCCESS) }
}

async fn measure(args: &Args, pool: &PgPool, service: &mut Service) -> anyhow::Result<Report> {
    console::complain("waiting until the service has summed up what a bulk load left it");
    until_summed_up(pool).await?;
    console::complain("choosing what to ask for");
    let operations = workload::operations(pool, service, args.depth, args.samples).await?;
    let calls = operations.len() as u64 * u64::from(args.warm_up + args.samples);
    let bar = Bar::new(calls, "asking {bar:40.cyan} {pos}/{len}  {per_sec}  {eta} left");
    let mut measured = Vec::new();
    for operation in operations {
        measured.push(one(args, service, operation, &bar).await?);
    }
    bar.end();
    Report::new(pool, measured).await
}

/// The service sums up a little at a time; meanwhile its queries would read what is left.
async fn until_summed_up(pool: &PgPool) -> anyhow::Result<()> {
    let left = "select exists (select from catalog_changes)";
    while query_scalar(left).fetch_one(pool).await? {
        sleep(Duration::from_secs(1)).await;
    }
    Ok(())
}

async fn one(
    args: &Args,
    service: &mut Service,
    operation: Operation,
    bar: &Bar,
) -> anyhow::Result<Measured> {
    let Operation { name, asks } = operation;
    ensure!(!asks.is_empty(), "{name}: the database holds nothing to ask for");
    let mut measured = Measured::new(name);
    for (number, ask) in (0..args.warm_up + args.samples).zip(asks.iter().cycle()) {
        let call = service.call(ask).await?;
        if number >= args.warm_up {
            measured.add(call);
        }
        bar.advance(1);
    }
    Ok(measured)
}
