//! `promptforge migrate`: brings the five databases up to date.

use std::{process::ExitCode, time::Instant};

use anyhow::Context;
use http_kit::config::Env;

use crate::{
    console,
    fleet::{Database, Process},
};

/// Bring all five databases up to date, creating those that are absent
///
/// They are on the server of --postgres-url, or each where USER_DATABASE_URL, PROMPT_DATABASE_URL,
/// TEST_DATABASE_URL, MARKETPLACE_DATABASE_URL or ANALYTICS_DATABASE_URL says.
#[derive(clap::Args)]
pub struct Args {
    /// The server: postgres://user:password@host:port/postgres
    #[arg(long, env = "POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    for (database, url) in targets(args.postgres_url.as_deref(), Env::new())? {
        let started = Instant::now();
        migrate(database, &url).await?;
        console::print(&format!("{}: up to date ({:.1?})", database.name, started.elapsed()));
    }
    Ok(ExitCode::SUCCESS)
}

/// Brings all databases of one server up to date.
///
/// # Errors
/// When a database cannot be migrated.
pub async fn all_on(server: &str) -> anyhow::Result<()> {
    for database in Process::SERVICES.into_iter().filter_map(Process::database) {
        migrate(database, &database.url_on(server)?).await?;
    }
    Ok(())
}

async fn migrate(database: Database, url: &str) -> anyhow::Result<()> {
    pg::migrate(url, database.migrator).await.with_context(|| database.name)
}

/// Returns the URL of each database; the error names every missing setting.
fn targets(server: Option<&str>, mut env: Env) -> anyhow::Result<Vec<(Database, String)>> {
    let server = server.filter(|url| !url.trim().is_empty());
    let mut targets = Vec::new();
    for database in Process::SERVICES.into_iter().filter_map(Process::database) {
        let own = env.optional(database.setting);
        match (own, server) {
            (Some(url), _) => targets.push((database, url)),
            (None, Some(server)) => {
                targets.push((database, database.url_on(server).context("POSTGRES_URL")?));
            }
            (None, None) => {
                env.problem(database.setting, "is not set, and POSTGRES_URL is not either");
            }
        }
    }
    Ok(env.finish(targets)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_database_of_its_own_wins_over_the_common_server() {
        let env = Env::with([("TEST_DATABASE_URL", "postgres://elsewhere/tests")]);
        let targets = targets(Some("postgres://here/postgres"), env).unwrap();
        let url_of = |name: &str| {
            targets.iter().find(|(d, _)| d.name == name).map(|(_, url)| url.as_str()).unwrap()
        };
        assert_eq!(targets.len(), 5);
        assert_eq!(url_of("test_service_db"), "postgres://elsewhere/tests");
    }
}
