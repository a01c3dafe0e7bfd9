//! `promptforge-dev seed`: fills the databases with made-up people and prompts.
//!
//! - [`plan`]: numbers, times and popularity. [`rng`]: repeatable random numbers.
//! - [`people`], [`prompts`], [`counters`], [`reactions`], [`text`], [`words`]: the data.
//! - [`rows`], [`copy`], [`versions`]: the data as rows and documents.
//! - [`batch`]: the unit of writing. [`load`]: writing batches.

mod batch;
pub mod copy;
mod counters;
mod load;
mod people;
mod plan;
mod prompts;
mod reactions;
pub mod rng;
mod rows;
mod text;
mod versions;
mod words;

use std::{fmt::Write, process::ExitCode, time::Instant};

use anyhow::{Context, bail, ensure};
use chrono::{NaiveDate, NaiveTime, Utc};
use promptforge::{
    console::{self, Bar},
    fleet::{Database, Process},
};
use sqlx::{AssertSqlSafe, PgPool, query_scalar};

use crate::databases::Stores;
use load::{Loader, RowCounts, SessionSetup, vacuum};
use people::People;
use plan::{Numbers, Plan};
use versions::Versions;

/// Fill the user and the prompt service's databases with made-up data, by bulk load
///
/// For trying the fleet with much data. It is skewed as real data is: few prompts, authors, categories
/// and words get most of the attention. The same numbers, --seed and --until make the same data. Nobody
/// can sign in as the made-up people; analytics gets no events.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    stores: Stores,
    #[arg(long, default_value_t = 1_000_000)]
    prompts: usize,
    #[arg(long, default_value_t = 50_000)]
    users: usize,
    /// Likes of prompts [default: 6 times the prompts]
    #[arg(long)]
    likes: Option<u64>,
    /// [default: 2 times the prompts]
    #[arg(long)]
    ratings: Option<u64>,
    /// [default: 2 times the prompts]
    #[arg(long)]
    comments: Option<u64>,
    /// [default: 8 times the users]
    #[arg(long)]
    follows: Option<u64>,
    /// The seed; another one makes other data
    #[arg(long, default_value_t = 42)]
    seed: u64,
    /// The day at whose beginning (UTC) the two years of data end [default: today]
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: Option<NaiveDate>,
    /// Leave out the versions in MongoDB: quicker, but older versions cannot be read, compared or
    /// restored
    #[arg(long)]
    without_versions: bool,
    /// Add to existing data; skips what an earlier run with the same numbers, --seed and --until has
    /// written
    #[arg(long)]
    force: bool,
    /// The number of transactions at once
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
}

const BAR: &str = "seeding {bar:40.cyan} {human_pos}/{human_len} rows  {per_sec}  {eta} left";

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let started = Instant::now();
    let plan = args.plan()?;
    let (user, prompt) = (database(Process::User)?, database(Process::Prompt)?);
    let users = args.open(user, SessionSetup::Nothing).await?;
    let prompts = args.open(prompt, SessionSetup::Prompts).await?;
    if !args.force {
        ensure_empty(&users, user.name, "users").await?;
        ensure_empty(&prompts, prompt.name, "prompts").await?;
    }
    let versions = match args.without_versions {
        true => None,
        false => Some(Versions::open(&args.stores.mongo()?).await?),
    };

    let Numbers { prompts: count, users: people, follows, likes, ratings, comments } = plan.numbers;
    let total = (count + people) as u64 + follows + likes + ratings + comments;
    let loader = Loader {
        people: People::new(&plan),
        plan,
        users: users.clone(),
        prompts: prompts.clone(),
        versions,
        jobs: args.jobs as usize,
        resume: args.force,
        bar: Bar::new(total, BAR),
    };
    let row_counts =
        loader.run().await.context("not finished; run it again with --force to go on")?;
    let loaded = started.elapsed();
    console::eprint("loaded; vacuuming and analyzing");
    vacuum(&users).await?;
    vacuum(&prompts).await?;

    console::print(&summary(&row_counts));
    console::print(&format!(
        "{} rows in {:.1} s ({:.0} a second), then {:.1} s of vacuum and analyze",
        grouped(row_counts.rows()),
        loaded.as_secs_f64(),
        row_counts.rows() as f64 / loaded.as_secs_f64(),
        (started.elapsed() - loaded).as_secs_f64(),
    ));
    if args.without_versions {
        console::print(
            "no versions: reading older ones, comparing and restoring them will not work",
        );
    }
    Ok(ExitCode::SUCCESS)
}

impl Args {
    fn plan(&self) -> anyhow::Result<Plan> {
        let per = |count: Option<u64>, times: u64, of: usize| count.unwrap_or(of as u64 * times);
        let numbers = Numbers {
            prompts: self.prompts,
            users: self.users,
            // Few users have too few others to follow for the default.
            follows: per(self.follows, if self.users > 20 { 8 } else { 0 }, self.users),
            likes: per(self.likes, 6, self.prompts),
            ratings: per(self.ratings, 2, self.prompts),
            comments: per(self.comments, 2, self.prompts),
        };
        let until = self.until.unwrap_or_else(|| Utc::now().date_naive());
        let until = until.and_time(NaiveTime::MIN).and_utc().timestamp_millis();
        // A UUIDv7 cannot carry times before 1970, and the data goes back two years.
        ensure!(until > 100_000_000_000, "--until must be later than 1973");
        Plan::new(self.seed, numbers, until)
    }

    /// Migrates a database and opens a pool on it.
    async fn open(&self, database: Database, setup: SessionSetup) -> anyhow::Result<PgPool> {
        let url = self.stores.url_of(database)?;
        pg::migrate(&url, database.migrator).await.with_context(|| database.name)?;
        load::pool(&url, self.jobs, setup).await.with_context(|| database.name)
    }
}

fn database(process: Process) -> anyhow::Result<Database> {
    process.database().with_context(|| format!("{} has no database", process.name()))
}

async fn ensure_empty(pool: &PgPool, database: &str, table: &str) -> anyhow::Result<()> {
    let query = AssertSqlSafe(format!("select exists (select from {table})"));
    if query_scalar(query).fetch_one(pool).await? {
        bail!("{database} has {table} already: use an empty database, or --force to add to them");
    }
    Ok(())
}

fn summary(row_counts: &RowCounts) -> String {
    if row_counts.0.is_empty() {
        return "everything was there already".to_owned();
    }
    let mut text = String::new();
    for (table, rows) in &row_counts.0 {
        let _ = writeln!(text, "{:>12} {table}", grouped(*rows));
    }
    text.trim_end().to_owned()
}

/// Formats 1234567 as 1,234,567.
fn grouped(number: u64) -> String {
    indicatif::HumanCount(number).to_string()
}
