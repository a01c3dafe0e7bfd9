//! `promptforge-dev bench search`: how long a search takes, and what it costs.
//!
//! The gateway is asked one search after another, each with other words, for the times; by `wrk` with many
//! connections for the throughput. Another build's fleet, filled with the same prompts, is asked by turns
//! with it, and its figures stand beside.
//!
//! - [`searches`], [`words`]: what is searched for. [`report`]: the result.

mod report;
mod searches;
mod words;

use std::{
    fs,
    path::PathBuf,
    process::ExitCode,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use ids::{SessionId, UserId};
use promptforge::{
    console,
    local::{StateDir, state_dir},
};
use reqwest::Client;
use sqlx::{query, query_scalar};
use tokio::time::sleep;

use super::{
    gateway::load::{Load, Target},
    reads::{
        fleet::{Build, Fleet},
        report::Measured,
        requests::CREATION,
    },
};
use crate::local::signals;
use report::{Figures, Report};
use searches::Kind;

/// The time in which an index must be complete.
const INDEXED_WITHIN: Duration = Duration::from_secs(900);

/// Measure searches: times of each kind, throughput, memory; and what creating prompts costs
///
/// Starts the processes as `bench reads` does. Databases are filled once for each number of prompts, and kept
/// in the directory. Needs wrk, and a release build of promptforge beside this program.
#[derive(clap::Args)]
pub struct Args {
    /// The directory of the stores and of logs
    #[arg(long, value_name = "DIR", default_value = ".promptforge/bench-search")]
    dir: PathBuf,
    /// The state directory of `up`, in which only the program of MongoDB is looked for
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
    /// The directory of another build's promptforge and promptforge-dev, whose figures stand beside
    #[arg(long, value_name = "DIR")]
    before: Option<PathBuf>,
    /// The number of prompts in the database
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1000..))]
    prompts: u32,
    /// The number of measured searches of each kind
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(u32).range(20..))]
    samples: u32,
    /// The number of connections for the throughput
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u32).range(1..))]
    connections: u32,
    /// The time of each measurement of throughput in seconds
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    if cfg!(debug_assertions) {
        console::eprint("a build without optimisation: take its figures for nothing");
    }
    let outcome = tokio::select! {
        outcome = compare(&args) => outcome?,
        () = shutdown.cancelled() => return Ok(ExitCode::from(130)),
    };
    console::print(outcome.to_string().trim_end());
    Ok(ExitCode::SUCCESS)
}

/// Measures this build, and by turns the other one if there is one.
async fn compare(args: &Args) -> anyhow::Result<Report> {
    let own = Subject::start(args, &Build::own()?, "now").await?;
    let titles = searches::titles(&own.fleet.prompts_pool).await?;
    let own = own.indexed(titles).await?;
    let before = match &args.before {
        // Its searches may miss titles, so none is waited for.
        Some(dir) => {
            let before = Subject::start(args, &Build::in_dir(dir), "before").await?;
            Some(before.indexed(Vec::new()).await?)
        }
        None => None,
    };
    let kinds = searches::kinds(&own.fleet.prompts_pool).await?;
    let mut report = Report::new(args.prompts, args.samples);
    for kind in &kinds {
        let now = own.times(kind, args.samples).await?;
        let before = match &before {
            Some(before) if !kind.is_new => Some(before.times(kind, args.samples).await?),
            _ => None,
        };
        report.add_times(kind, now, before);
    }
    // Read between the searches and the creations, which leave the caches otherwise.
    let searches = own.throughput(args, &kinds).await?;
    let mut figures = own.figures(Some(searches)).await?;
    let mut of_before = match &before {
        Some(before) => {
            let searches = before.throughput(args, &kinds).await;
            let searches =
                searches.inspect_err(|error| console::eprint(&format!("before: {error}")));
            Some(before.figures(searches.ok()).await?)
        }
        None => None,
    };
    figures.creation = Some(own.creation(args).await?);
    if let (Some(before), Some(figures)) = (&before, &mut of_before) {
        figures.creation = Some(before.creation(args).await?);
    }
    report.set_figures(figures, of_before);
    own.fleet.stop().await;
    if let Some(before) = before {
        before.fleet.stop().await;
    }
    Ok(report)
}

/// A fleet under measurement.
struct Subject {
    fleet: Fleet,
    dir: StateDir,
    load: Load,
    http: Client,
    /// The time from the start of the fleet until its index held every listed prompt.
    indexed_in: Duration,
}

impl Subject {
    async fn start(args: &Args, build: &Build, name: &str) -> anyhow::Result<Self> {
        let dir = StateDir::open(&args.dir.join(name))?;
        let fleet = Fleet::start(build, &dir, &args.state_dir, args.prompts, 1).await?;
        let load = Load::new(&dir, None, args.connections)?;
        let http = Client::builder().no_proxy().build()?;
        let subject = Self { fleet, dir, load, http, indexed_in: Duration::ZERO };
        subject.load.check(&subject.target(None)).await.context("the gateway does not serve")?;
        subject.warm().await?;
        Ok(subject)
    }

    /// Reads the tables of prompts into the memory of Postgres, as they are where it has been running for a while.
    async fn warm(&self) -> anyhow::Result<()> {
        console::eprint("reading the tables of prompts into memory");
        let pool = &self.fleet.prompts_pool;
        query("create extension if not exists pg_prewarm").execute(pool).await?;
        let warm = "select pg_prewarm(coalesce(i.indexrelid, c.oid)::regclass) from pg_class c
                    left join lateral (select indexrelid from pg_index where indrelid = c.oid
                                       union all select null) i on true
                    where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
                      and c.relname ~ '^(prompts$|prompt_counters$|prompt_labels$|search_)'";
        query(warm).execute(pool).await?;
        Ok(())
    }

    /// Waits until prompts are found by these titles, and the names in use are summed up.
    async fn indexed(mut self, mut titles: Vec<String>) -> anyhow::Result<Self> {
        console::eprint("waiting until every prompt can be found");
        let started = Instant::now();
        let pool = &self.fleet.prompts_pool;
        let left = "select exists (select from catalog_changes)";
        loop {
            while let Some(title) = titles.last()
                && self.finds(title).await?
            {
                titles.pop();
            }
            if titles.is_empty() && !query_scalar::<_, bool>(left).fetch_one(pool).await? {
                self.indexed_in = started.elapsed();
                return Ok(self);
            }
            ensure!(started.elapsed() < INDEXED_WITHIN, "not every prompt can be found in time");
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Tells whether the search for a title in quotes finds anything.
    async fn finds(&self, title: &str) -> anyhow::Result<bool> {
        let path = searches::path("search", "keyword", &format!("\"{title}\""));
        let answer = self.http.get(self.url(&path)).send().await?;
        if !answer.status().is_success() {
            return Ok(false);
        }
        let page: serde_json::Value = answer.json().await?;
        Ok(page["totalElements"].as_u64().is_some_and(|total| total > 0))
    }

    /// Returns the times of searches of a kind, one after another, quickest first.
    async fn times(&self, kind: &Kind, samples: u32) -> anyhow::Result<Vec<Duration>> {
        let mut times = Vec::new();
        // As many again before them, unmeasured, fill the caches of the stores.
        let warm_up = samples;
        for (number, path) in (0..warm_up + samples).zip(kind.paths.iter().cycle()) {
            let started = Instant::now();
            let answer = self.http.get(self.url(path)).send().await?;
            let status = answer.status();
            answer.bytes().await?;
            ensure!(status.is_success(), "{}: {path} is answered {status}", kind.name);
            if number >= warm_up {
                times.push(started.elapsed());
            }
        }
        times.sort_unstable();
        Ok(times)
    }

    /// Measures searches of all kinds by turns, over many connections.
    async fn throughput(&self, args: &Args, kinds: &[Kind]) -> anyhow::Result<Measured> {
        let paths = self.dir.path().join("paths");
        fs::write(&paths, searches::mixed(kinds).join("\n") + "\n")
            .context("cannot write paths")?;
        let target = self.target(None);
        self.load.ask_for(&target, &paths, Duration::from_secs(1)).await?;
        let time = Duration::from_secs(args.seconds);
        self.fleet.measure(&self.load, &target, &paths, time).await
    }

    /// Returns the figures of the whole, without those of creations.
    async fn figures(&self, searches: Option<Measured>) -> anyhow::Result<Figures> {
        let size = query_scalar("select pg_database_size(current_database())");
        Ok(Figures {
            filled_in: self.fleet.filled_in,
            indexed_in: self.indexed_in,
            database_bytes: size.fetch_one(&self.fleet.prompts_pool).await?,
            resident: self.fleet.resident()?,
            searches,
            creation: None,
        })
    }

    /// Returns the CPU time of Postgres for each created prompt.
    async fn creation(&self, args: &Args) -> anyhow::Result<Duration> {
        let paths = self.dir.path().join("paths");
        fs::write(&paths, format!("{CREATION}\n")).context("cannot write paths")?;
        let (user, role) = (UserId::new(), [auth::Role::User]);
        let token = self.fleet.signer.sign(user, "bench", &role, SessionId::new())?;
        let target = self.target(Some(token));
        self.load.ask_for(&target, &paths, Duration::from_secs(1)).await?;
        let time = Duration::from_secs(args.seconds);
        let creations = self.fleet.measure(&self.load, &target, &paths, time).await?;
        let postgres = creations.cpu.into_iter().find(|(name, _)| *name == "Postgres");
        Ok(postgres.context("Postgres is not measured")?.1)
    }

    fn target(&self, token: Option<String>) -> Target {
        Target { port: self.fleet.gateway_port, token }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.fleet.gateway_port)
    }
}
