//! `promptforge analytics`: care of the figures of the analytics service.

use std::{process::ExitCode, time::Instant};

use anyhow::Context;
use http_kit::config::Env;
use indicatif::{ProgressBar, ProgressStyle};
use sqlx::{Connection, PgConnection};

use crate::{
    console,
    fleet::{Database, Process},
};

#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    Rebuild(RebuildArgs),
}

/// Count all raw events again, and replace the figures made of them
///
/// Figures of months whose raw events were dropped stay. Answers go on meanwhile, from the figures as
/// they were; new events wait until it is done. The database is the one of --postgres-url, or the one
/// that ANALYTICS_DATABASE_URL names.
#[derive(clap::Args)]
struct RebuildArgs {
    /// The server: postgres://user:password@host:port/postgres
    #[arg(long, env = "POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    match args.command {
        Command::Rebuild(args) => rebuild(&args).await,
    }
}

async fn rebuild(args: &RebuildArgs) -> anyhow::Result<ExitCode> {
    let database = Process::Analytics.database().context("analytics has no database")?;
    let url = url_of(database, args.postgres_url.as_deref())?;
    let mut connection = PgConnection::connect(&url).await.context("cannot reach Postgres")?;
    let started = Instant::now();
    let bar = ProgressBar::new_spinner()
        .with_style(ProgressStyle::with_template("{spinner} {msg} ({elapsed})")?);
    let views = analytics_service::rebuild(&mut connection, |day, views| {
        bar.set_message(format!("{day}: {views} views"));
        bar.tick();
    })
    .await
    .context("the figures are as they were")?;
    bar.finish_and_clear();
    connection.close().await?;
    let took = started.elapsed();
    console::print(&format!("{}: {views} views counted again ({took:.1?})", database.name));
    Ok(ExitCode::SUCCESS)
}

fn url_of(database: Database, server: Option<&str>) -> anyhow::Result<String> {
    let mut env = Env::new();
    match (env.optional(database.setting), server.filter(|url| !url.trim().is_empty())) {
        (Some(url), _) => Ok(url),
        (None, Some(server)) => database.url_on(server).context("POSTGRES_URL"),
        (None, None) => {
            env.problem(database.setting, "is not set, and POSTGRES_URL is not either");
            Ok(env.finish(String::new())?)
        }
    }
}
