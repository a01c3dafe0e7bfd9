//! The addresses of the stores, for commands that go to them directly: from their own settings, else on
//! the server of `POSTGRES_URL`, else those of the local stack.

use std::path::PathBuf;

use anyhow::{Context, bail};
use http_kit::config::Env;
use promptforge::{
    fleet::Database,
    local::{StateDir, record::Runs, state_dir},
};

use crate::local::{mongo, postgres};

#[derive(clap::Args)]
pub struct Stores {
    /// The server of the databases: postgres://user:password@host:port/postgres [default: that of the
    /// local stack]
    #[arg(long, env = "POSTGRES_URL", hide_env_values = true)]
    postgres_url: Option<String>,
    /// The state directory of the local stack
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

impl Stores {
    /// Returns the URL of a service's database.
    ///
    /// # Errors
    /// When no setting names it and no local stack runs.
    pub fn url_of(&self, database: Database) -> anyhow::Result<String> {
        if let Some(own) = Env::new().optional(database.setting) {
            return Ok(own);
        }
        let server = match self.postgres_url.as_deref().filter(|url| !url.trim().is_empty()) {
            Some(server) => server.to_owned(),
            None => {
                let stack = self.own_part("postgres", "POSTGRES_URL")?;
                let port = stack.ports().postgres.unwrap_or(postgres::USUAL_PORT);
                postgres::url(port, &stack.postgres_password()?)
            }
        };
        database.url_on(&server).context("POSTGRES_URL")
    }

    /// Returns the URI of the MongoDB server.
    ///
    /// # Errors
    /// When no setting names it and no local stack runs.
    pub fn mongo(&self) -> anyhow::Result<String> {
        if let Some(given) = Env::new().optional("MONGODB_URI") {
            return Ok(given);
        }
        let stack = self.own_part("mongo", "MONGODB_URI")?;
        Ok(mongo::uri(stack.ports().mongo.unwrap_or(mongo::USUAL_PORT)))
    }

    /// Returns the state directory of a running local stack that has started this part itself.
    fn own_part(&self, part: &str, setting: &str) -> anyhow::Result<StateDir> {
        let stack = match self.state_dir.is_dir() {
            true => StateDir::open(&self.state_dir)?,
            false => {
                bail!("{setting} is not set, and no local stack is in {}", self.state_dir.display())
            }
        };
        let record = stack.record().filter(|record| record.is_current());
        let Some(record) = record else {
            bail!("{setting} is not set, and the local stack is down")
        };
        match record.parts.iter().find(|one| one.name == part) {
            Some(own) if own.runs != Runs::Given => Ok(stack),
            _ => bail!("the local stack uses a {part} that {setting} gave it: set it here too"),
        }
    }
}
