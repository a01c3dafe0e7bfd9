//! `promptforge-dev seed-analytics`: fills the analytics service's database with made-up events, and has
//! its rollups rebuilt from them.
//!
//! - [`plan`]: who views which prompt, and when. [`rows`]: that as rows. [`load`]: writing them.
//! - [`disk`]: the space that the tables take.

pub mod disk;
pub mod load;
pub mod plan;
mod rows;

use std::{process::ExitCode, time::Instant};

use anyhow::{Context, ensure};
use chrono::{DateTime, TimeDelta, Utc};
use promptforge::{console, fleet::Process};
use sqlx::{PgPool, query_scalar};

use crate::databases::Stores;
use plan::{Numbers, Plan};

/// Fill the analytics service's database with made-up events, by bulk load
///
/// For trying analytics with much data: views of 13 months, more of them each month, with the creations of
/// the prompts and the registrations of the accounts. By Zipf's law, few prompts have most views; few
/// authors have most prompts. The rollups are rebuilt from the events as `promptforge analytics rebuild`
/// does. The same numbers, --seed and --until make the same events.
#[derive(clap::Args)]
pub struct Args {
    #[command(flatten)]
    stores: Stores,
    /// The number of views
    #[arg(long, default_value_t = plan::VIEWS, value_parser = clap::value_parser!(u64).range(1..))]
    events: u64,
    /// The number of prompts
    #[arg(long, default_value_t = plan::PROMPTS, value_parser = clap::value_parser!(u32).range(1..))]
    prompts: u32,
    /// The number of accounts
    #[arg(long, default_value_t = plan::ACCOUNTS, value_parser = clap::value_parser!(u32).range(1..))]
    accounts: u32,
    /// The seed; another one makes other data
    #[arg(long, default_value_t = plan::SEED)]
    seed: u64,
    /// The time at which the data ends [default: the hour that has begun]
    #[arg(long, value_name = "TIME")]
    until: Option<DateTime<Utc>>,
    /// The number of transactions at once
    #[arg(long, default_value_t = 2, value_parser = clap::value_parser!(u32).range(1..=64))]
    jobs: u32,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    let database = Process::Analytics.database().context("analytics has no database")?;
    let url = args.stores.url_of(database)?;
    let numbers = Numbers {
        views: args.events,
        prompts: args.prompts as usize,
        accounts: args.accounts as usize,
    };
    let until = args.until.unwrap_or_else(this_hour);
    fill(&url, &Plan::new(args.seed, numbers, until), args.jobs).await?;
    Ok(ExitCode::SUCCESS)
}

/// Returns the beginning of the hour.
pub fn this_hour() -> DateTime<Utc> {
    let now = Utc::now();
    now - TimeDelta::seconds(now.timestamp().rem_euclid(3600))
}

/// Fills an empty database, has its rollups rebuilt, and says how long it took and the space it takes.
///
/// # Errors
/// When the database holds events already, or cannot be written.
pub async fn fill(url: &str, plan: &Plan, jobs: u32) -> anyhow::Result<()> {
    let database = Process::Analytics.database().context("analytics has no database")?;
    pg::migrate(url, database.migrator).await?;
    let pool = load::pool(url, jobs).await?;
    ensure_empty(&pool).await?;

    let started = Instant::now();
    let events = load::load(&pool, plan, jobs).await?;
    let loaded = started.elapsed();
    console::eprint("loaded; vacuuming, and rebuilding the rollups");
    load::vacuum(&pool).await?;
    let vacuumed = started.elapsed();
    load::rebuild(url, plan).await?;
    let rebuilt = started.elapsed();
    load::vacuum(&pool).await?;

    console::print(&disk::Sizes::of(&pool).await?.to_string());
    console::print(&format!(
        "{} events in {:.0} s ({:.0} a second); rollups rebuilt in {:.0} s",
        indicatif::HumanCount(events),
        loaded.as_secs_f64(),
        events as f64 / loaded.as_secs_f64(),
        (rebuilt - vacuumed).as_secs_f64(),
    ));
    Ok(())
}

async fn ensure_empty(pool: &PgPool) -> anyhow::Result<()> {
    let there: bool = query_scalar("select exists (select from event_ids)").fetch_one(pool).await?;
    ensure!(!there, "the database has events already: use an empty one");
    Ok(())
}
