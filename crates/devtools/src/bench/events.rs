//! `promptforge-dev bench events`: the pipeline of events from the broker to what answers read.
//!
//! A backlog is produced while no consumer runs, and applied by an analytics service that starts then;
//! after it, views come at a steady rate. Every program is a process of its own, so that `/proc` tells
//! where the CPU time goes.
//!
//! - [`environment`], [`processes`]: what runs. [`traffic`]: the views. [`unnest`]: the bound of Postgres.
//! - [`cpu`], [`statements`]: where the time goes. [`report`]: the result.

pub mod cpu;
pub mod environment;
pub mod processes;
mod report;
mod statements;
pub mod traffic;
mod unnest;

use std::{process::ExitCode, time::Duration};

use chrono::{DateTime, Utc};
use promptforge::console;
use sqlx::{PgPool, query_as, query_scalar};
use tokio::time::{Instant, sleep};

use crate::{local::signals, seed_analytics::plan::Plan};
use environment::{Database, Environment, EnvironmentArgs};
use processes::Service;
use report::{Ages, Baseline, Merging, Report, Step, Times};
use statements::Statements;
use traffic::Traffic;

/// The number of views that are produced and applied before the measurement: topics are then there, and
/// caches are warm.
const WARM_UP: u64 = 50_000;

/// The pause between two questions for the number of applied events.
const POLL: Duration = Duration::from_millis(50);

/// The pause between two questions for the deltas that are left.
const MERGE_POLL: Duration = Duration::from_secs(1);

/// The longest that the rollups are waited for.
const MERGE_LIMIT: Duration = Duration::from_secs(20);

/// The batches and connections with which the bound is measured.
const BASELINES: [(u64, u64); 4] = [(1_000, 1), (5_000, 1), (1_000, 2), (5_000, 2)];

/// The most rows of each measurement of the bound.
const BASELINE_ROWS: u64 = 1_000_000;

/// Measure the pipeline of events: produced and applied a second, ages, CPU time by process
///
/// Starts a Postgres with the settings of the local stack, a broker, and an analytics service of its own.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// The number of views that are in the database before; made once, and kept in the directory
    #[arg(long, default_value_t = 0)]
    views: u64,
    /// The number of views of the backlog; 0 leaves it out
    #[arg(long, default_value_t = 5_000_000)]
    backlog: u64,
    /// The steady rate of views a second
    #[arg(long, default_value_t = 5000, value_parser = clap::value_parser!(u32).range(1..))]
    rate: u32,
    /// The time of the steady rate in seconds; 0 leaves it out
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Also measure how many rows a second Postgres takes by `UNNEST` alone
    #[arg(long)]
    unnest: bool,
    /// Also list the statements of Postgres with their times
    #[arg(long)]
    statements: bool,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let environment = tokio::select! {
        environment = Environment::start(&args.environment) => environment?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    let outcome = tokio::select! {
        outcome = measure(&args, &environment) => outcome.map(Some),
        () = shutdown.cancelled() => Ok(None),
    };
    environment.stop().await;
    let Some(report) = outcome? else { return Ok(ExitCode::from(130)) };
    console::print(report.to_string().trim_end());
    Ok(ExitCode::SUCCESS)
}

async fn measure(args: &Args, environment: &Environment) -> anyhow::Result<Report> {
    let (database, plan) = environment.database(args.views).await?;
    let mut report = Report {
        server: database.settings().await?,
        views_before: args.views,
        steps: Vec::new(),
        started_after: Duration::ZERO,
        merging: Merging::default(),
        peak_memory: 0,
        steady_rate: args.rate,
        ages: None,
        baselines: Vec::new(),
        statements: None,
    };
    if args.unnest {
        report.baselines = measure_baselines(args, &database, &plan).await?;
    }
    let traffic = Traffic::new(&environment.brokers, plan)?;
    let mut service = warm_up(environment, &database, &traffic).await?;
    if args.backlog > 0 {
        service.running.stop().await;
        measure_production(args, environment, &traffic, &mut report).await?;
        service = measure_backlog(args, environment, &database, &mut report).await?;
    }
    if args.seconds > 0 {
        measure_steady(args, environment, &database, (&service, &traffic), &mut report).await?;
    }
    report.peak_memory = cpu::peak_memory(service.running.pid()).unwrap_or_default();
    service.running.stop().await;
    Ok(report)
}

async fn measure_baselines(
    args: &Args,
    database: &Database,
    plan: &Plan,
) -> anyhow::Result<Vec<Baseline>> {
    let rows = BASELINE_ROWS.min(args.backlog.max(1));
    let mut baselines = Vec::new();
    for (batch, connections) in BASELINES {
        console::eprint(&format!("UNNEST alone, {batch} rows a batch, connections: {connections}"));
        let took = unnest::insert(&database.pool, plan, rows, batch, connections).await?;
        baselines.push(Baseline { batch, connections, rows, took });
    }
    Ok(baselines)
}

/// Starts a service, and waits until it has applied some views and everything that was left over.
async fn warm_up(
    environment: &Environment,
    database: &Database,
    traffic: &Traffic,
) -> anyhow::Result<Service> {
    console::eprint("warming up");
    let service = environment.analytics(database, &[]).await?;
    traffic.wait_for_topics().await?;
    traffic.send_backlog(WARM_UP).await?;
    service.wait_until_applied(WARM_UP + 1, POLL).await?;
    measure_merging(&database.pool).await?;
    Ok(service)
}

/// Produces the backlog, while nobody consumes it.
async fn measure_production(
    args: &Args,
    environment: &Environment,
    traffic: &Traffic,
    report: &mut Report,
) -> anyhow::Result<()> {
    console::eprint("producing a backlog");
    let before = Times::now(environment, None)?;
    let took = traffic.send_backlog(args.backlog).await?;
    let times = Some(Times::now(environment, None)?.since(&before));
    report.steps.push(Step { name: "produced", events: args.backlog, took, times });
    Ok(())
}

/// Starts a service, and waits until it has applied the backlog.
async fn measure_backlog(
    args: &Args,
    environment: &Environment,
    database: &Database,
    report: &mut Report,
) -> anyhow::Result<Service> {
    console::eprint("applying the backlog");
    Statements::reset(&database.pool).await?;
    let (started, before) = (Instant::now(), Times::now(environment, None)?);
    let service = environment.analytics(database, &[]).await?;
    service.wait_until_applied(1, POLL).await?;
    report.started_after = started.elapsed();
    service.wait_until_applied(args.backlog, POLL).await?;
    let took = started.elapsed();
    let times = Some(Times::now(environment, Some(&service))?.since(&before));
    report.steps.push(Step { name: "applied, with the start", events: args.backlog, took, times });
    let took = took.saturating_sub(report.started_after);
    report.steps.push(Step {
        name: "applied, from the first",
        events: args.backlog,
        took,
        times: None,
    });
    report.merging = measure_merging(&database.pool).await?;
    if args.statements {
        report.statements = Some(Statements::read(&database.pool, args.backlog).await?.to_string());
    }
    Ok(service)
}

/// Sends views at a steady rate, and asks for their ages when they were applied.
async fn measure_steady(
    args: &Args,
    environment: &Environment,
    database: &Database,
    (service, traffic): (&Service, &Traffic),
    report: &mut Report,
) -> anyhow::Result<()> {
    console::eprint("sending at a steady rate");
    let before = service.consumed("applied").await?;
    let (began, since): (Instant, DateTime<Utc>) = (Instant::now(), Utc::now());
    let times = Times::now(environment, Some(service))?;
    let sent = traffic.send_steadily(args.rate, Duration::from_secs(args.seconds)).await?;
    service.wait_until_applied(before + sent, POLL).await?;
    let times = Some(Times::now(environment, Some(service))?.since(&times));
    let took = began.elapsed();
    report.steps.push(Step { name: "steady", events: sent, took, times });
    report.ages = Some(ages(&database.pool, since).await?);
    Ok(())
}

/// Watches the rollups take in what a backlog left, for [`MERGE_LIMIT`] at most.
async fn measure_merging(pool: &PgPool) -> anyhow::Result<Merging> {
    console::eprint("waiting for the rollups");
    let left = "select count(*) from prompt_view_deltas where visible_at <= now()";
    let started = Instant::now();
    let before: i64 = query_scalar(left).fetch_one(pool).await?;
    loop {
        let after: i64 = query_scalar(left).fetch_one(pool).await?;
        let took = started.elapsed();
        if after == 0 || took > MERGE_LIMIT {
            return Ok(Merging { before, after, took });
        }
        // Counting a million of them takes a tenth of a second.
        sleep(MERGE_POLL).await;
    }
}

/// Returns the ages of events since a moment when their transactions were committed.
async fn ages(pool: &PgPool, since: DateTime<Utc>) -> anyhow::Result<Ages> {
    let sql = "select count(*) as events,
                      percentile_disc(array[0.5, 0.95, 0.99, 1]) within group (order by age) as percentiles
               from (select 1000 * extract(epoch from
                            pg_xact_commit_timestamp(xmin) - event_time)::double precision as age
                     from prompt_activity_events where event_time >= $1) applied";
    Ok(query_as(sql).bind(since).fetch_one(pool).await?)
}
