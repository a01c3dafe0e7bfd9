//! `promptforge-dev bench analytics`: the time of each call of the analytics service over HTTP, with few
//! and with many views.
//!
//! Each size has a database of its own, and a service of its own. The same requests go to all services by
//! turns, so that what else the machine does slows down each alike.
//!
//! - [`requests`]: what is asked. [`directories`]: the other services. [`report`]: the result.

mod directories;
mod report;
mod requests;

use std::{
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, bail, ensure};
use auth::identity::{X_INTERNAL_TOKEN, X_USER_ID, X_USER_ROLES, X_USERNAME};
use events::{Event, Producer, PromptViewed, producer::KafkaConfig};
use futures_util::StreamExt;
use promptforge::console::{self, Bar};
use serde_json::Value;
use uuid::Uuid;

use super::events::{
    environment::{Database, Environment, EnvironmentArgs},
    processes::Service,
    traffic::Traffic,
};
use crate::{local::signals, seed_analytics::plan::Plan};
use directories::Directories;
use report::{Measurement, Report};
use requests::{Caller, Operation, Request, operations};

/// The number of unreadable messages that are sent, so that there are dead letters to ask for.
const LETTERS: usize = 300;

/// The payload of such a message: binary, as large as a long event.
const GARBAGE: [u8; 2048] = [0xfe; 2048];

/// The pause between two questions for what the service has left to do.
const SETTLE_POLL: Duration = Duration::from_secs(2);

/// The number of deltas that are not merged, and of days, spans and months that are not closed; null before
/// all are queued.
const LEFT: &str = "select (select count(*) from prompt_view_deltas where visible_at <= now()),
            (select case when p.queued_until >= until and p.spans_until + 7 > until then
                 (select count(*) from closing_queue where due <= until)
                 + (select count(*) from reopened_spans) end
             from closing_progress p,
                  (select (now() at time zone 'UTC' - interval '1 hour')::date - 2 as until) u)";

/// Measure the calls of the analytics service, with few and with many views
///
/// Starts a Postgres, a broker, an analytics service for each number of views, and stand-ins for the
/// services that it asks. Databases are filled once, and kept in the directory. Exit code 1 if a call
/// takes 20 ms or more at p95, or grows with the number of views.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    environment: EnvironmentArgs,
    /// The numbers of views to compare
    #[arg(long, value_delimiter = ',', default_values_t = [5_000_000, 50_000_000])]
    views: Vec<u64>,
    /// The number of measured calls of each kind
    #[arg(long, default_value_t = 300, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    samples: u32,
    /// The number of calls of each kind before those, to fill caches
    #[arg(long, default_value_t = 30)]
    warm_up: u32,
    /// The kinds to measure, by the beginnings of their names [default: all]
    #[arg(long, value_name = "KIND")]
    only: Vec<String>,
}

impl Args {
    fn measures(&self, kind: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|start| kind.starts_with(start))
    }
}

/// A database with its data.
struct Subject {
    database: Database,
    plan: Plan,
    letters: Vec<String>,
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
    console::print(&report.to_string());
    Ok(if report.failures().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

async fn measure(args: &Args, environment: &Environment) -> anyhow::Result<Report> {
    let mut views = args.views.clone();
    views.sort_unstable();
    let directories = Directories::start().await?;
    let mut subjects = Vec::new();
    for views in &views {
        subjects.push(subject(environment, *views, &directories.url).await?);
    }
    let mut services = Vec::new();
    for subject in &subjects {
        services.push(start(environment, subject, &directories.url).await?);
    }
    for subject in &subjects {
        settle(subject).await?;
    }
    let count = (args.warm_up + args.samples) as usize;
    // The requests for each subject: the prompts of both have the same ids only if they end at one time.
    let asked: Vec<Vec<Operation>> = subjects
        .iter()
        .map(|subject| {
            let mut operations = operations(&subject.plan, &subject.letters, count);
            operations.retain(|operation| args.measures(operation.name));
            operations
        })
        .collect();
    let kinds = asked.iter().map(Vec::len).min().unwrap_or_default();
    let bar = Bar::new((kinds * count) as u64, "asking {bar:40.cyan} {pos}/{len}  {eta} left");
    let mut measurements = Vec::new();
    for kind in 0..kinds {
        let requests: Vec<&Operation> = asked.iter().map(|operations| &operations[kind]).collect();
        let measured = measure_operation(args, &services, &requests, &bar).await;
        measurements.push(measured?);
    }
    bar.end();
    for service in services {
        service.running.stop().await;
    }
    directories.stop();
    Ok(Report { views, measurements })
}

/// Starts an analytics service that asks the stand-ins.
async fn start(
    environment: &Environment,
    subject: &Subject,
    directories: &str,
) -> anyhow::Result<Service> {
    let others = ["PROMPT_SERVICE_URL", "USER_SERVICE_URL"];
    environment
        .analytics(&subject.database, &others.map(|name| (name, directories.to_owned())))
        .await
}

/// Waits until the service has merged all deltas, and closed all days that are over.
async fn settle(subject: &Subject) -> anyhow::Result<()> {
    let mut last = None;
    loop {
        let (deltas, days): (i64, Option<i64>) = sqlx::query_as(LEFT)
            .fetch_one(&subject.database.pool)
            .await
            .context("the database does not say what is left to do")?;
        if (deltas, days) == (0, Some(0)) {
            return Ok(());
        }
        let days = days.map_or("all".to_owned(), |days| days.to_string());
        let left = format!("left to do: {deltas} deltas to merge, {days} days to close");
        if last.as_ref() != Some(&left) {
            console::eprint(&left);
            last = Some(left);
        }
        tokio::time::sleep(SETTLE_POLL).await;
    }
}

/// Opens a database and gives it dead letters. The service that writes them ends here: the next one, of the
/// same consumer group, would share its messages with it.
async fn subject(
    environment: &Environment,
    views: u64,
    directories: &str,
) -> anyhow::Result<Subject> {
    let (database, plan) = environment.database(views).await?;
    let mut subject = Subject { database, plan, letters: Vec::new() };
    let service = start(environment, &subject, directories).await?;
    Traffic::new(&environment.brokers, plan)?.wait_for_topics().await?;
    let producer = Producer::new(&KafkaConfig { brokers: environment.brokers.clone() })?;
    for number in 0..LETTERS {
        producer.deliver(PromptViewed::TOPIC, &number.to_string(), &GARBAGE).await?;
    }
    let list = Request {
        method: reqwest::Method::GET,
        path: "/analytics/dead-letters".to_owned(),
        query: vec![("size", "100".to_owned())],
        caller: Caller::Admin,
        live: false,
    };
    let deadline = Instant::now() + Duration::from_secs(30);
    while service.consumed("refused").await? < LETTERS as u64 && Instant::now() < deadline {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    let page = call(&service, &list).await?.1;
    let letters = page["content"].as_array().into_iter().flatten();
    let ids = letters.filter_map(|letter| letter["id"].as_str());
    subject.letters = ids.map(str::to_owned).collect();
    service.running.stop().await;
    Ok(subject)
}

async fn measure_operation(
    args: &Args,
    services: &[Service],
    operations: &[&Operation],
    bar: &Bar,
) -> anyhow::Result<Measurement> {
    let name = operations.first().context("no databases")?.name;
    let mut times = vec![Vec::new(); services.len()];
    for number in 0..(args.warm_up + args.samples) as usize {
        for ((service, operation), times) in services.iter().zip(operations).zip(&mut times) {
            let request = &operation.requests[number];
            let (took, _) = call(service, request).await.context(name)?;
            if number >= args.warm_up as usize {
                times.push(took);
            }
        }
        bar.advance(1);
    }
    for times in &mut times {
        times.sort_unstable();
    }
    Ok(Measurement { name, times })
}

/// Sends a request, and returns the time until the whole answer was there, and the answer.
async fn call(service: &Service, request: &Request) -> anyhow::Result<(Duration, Value)> {
    let mut call = service
        .http
        .request(request.method.clone(), format!("{}{}", service.url, request.path))
        .query(&request.query)
        .header(&X_INTERNAL_TOKEN, &service.token);
    let (id, role) = match request.caller {
        Caller::Nobody => (None, "USER"),
        Caller::User(id) => (Some(id), "USER"),
        Caller::Admin => (Some(Uuid::from_u128(1)), "ADMIN"),
    };
    if let Some(id) = id {
        call = call
            .header(&X_USER_ID, id.to_string())
            .header(&X_USERNAME, "bench")
            .header(&X_USER_ROLES, role);
    }
    let started = Instant::now();
    let answer = call.send().await.context("analytics does not answer")?;
    let status = answer.status();
    if request.live && status.is_success() {
        let first = answer.bytes_stream().next().await;
        ensure!(matches!(first, Some(Ok(_))), "no event came");
        return Ok((started.elapsed(), Value::Null));
    }
    let body = answer.bytes().await?;
    let took = started.elapsed();
    let body = String::from_utf8_lossy(&body);
    if !status.is_success() {
        bail!("{} {:?} was answered {status}: {body}", request.path, request.query);
    }
    Ok((took, serde_json::from_str(&body).unwrap_or_default()))
}
