//! The databases of a drill of the prompt service.

use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use promptforge::{console, fleet::Process, local::secrets};
use reqwest::{Client, Url};
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::local::program::{self, Probe, ProgramSpec, private_settings};

/// The private settings that a drill sets itself.
const GIVEN: [&str; 3] = ["DATABASE_URL", "MONGODB_URI", "INTERNAL_TOKEN"];

/// A database in Postgres and one in MongoDB, and a directory for logs.
pub struct PromptStores {
    name: String,
    server: Url,
    mongo: String,
    pub url: Url,
    pub dir: PathBuf,
    pub token: String,
}

impl PromptStores {
    /// Makes the database in Postgres, and the directory.
    ///
    /// # Errors
    /// When Postgres cannot be reached.
    pub async fn create(database_url: &str, mongodb_uri: &str) -> anyhow::Result<Self> {
        let name = format!("drill_{}", Uuid::new_v4().simple());
        let server = Url::parse(database_url).ok().filter(Url::has_host);
        let server = server.context("DATABASE_URL is not a postgres:// URL")?;
        let mut url = server.clone();
        url.set_path(&name);
        let database = Process::Prompt.database().context("a process without a database")?;
        pg::migrate(url.as_str(), database.migrator).await?;
        let dir = env::temp_dir().join(&name);
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let mongo = format!("{}/{name}", mongodb_uri.trim_end_matches('/'));
        Ok(Self { name, server, mongo, url, dir, token: secrets::random_token()? })
    }

    /// Returns a prompt service on these stores.
    ///
    /// # Errors
    /// When promptforge is not beside this program.
    pub fn spec(&self, port: u16, brokers: &str, search: &Path) -> anyhow::Result<ProgramSpec> {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        Ok(ProgramSpec {
            name: Process::Prompt.name(),
            program: program::promptforge()?,
            args: vec!["serve".into(), Process::Prompt.name().into()],
            env: vec![
                ("DATABASE_URL", self.url.to_string()),
                ("DATABASE_MAX_CONNECTIONS", "4".to_owned()),
                ("MONGODB_URI", self.mongo.clone()),
                ("SEARCH_DIR", search.display().to_string()),
                ("KAFKA_BROKERS", brokers.to_owned()),
                ("INTERNAL_TOKEN", self.token.clone()),
                // Nothing listens here: nobody calls.
                ("USER_SERVICE_URL", "http://127.0.0.1:9".to_owned()),
                ("PORT", port.to_string()),
            ],
            unset: private_settings()
                .into_iter()
                .filter(|name| !GIVEN.contains(&name.as_str()))
                .collect(),
            account: None,
            log: self.dir.join(format!("prompt-{port}.log")),
            stop: Signal::TERM,
            probe: Probe::Http(http, format!("http://127.0.0.1:{port}/health/ready")),
        })
    }

    /// Drops the databases and the logs, unless they are to be looked into.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn tear_down(self, clean: bool) -> anyhow::Result<()> {
        if !clean {
            let (name, dir) = (&self.name, self.dir.display());
            console::eprint(&format!("kept: database {name}, logs in {dir}"));
            return Ok(());
        }
        let mut server = PgConnection::connect(self.server.as_str()).await?;
        let sql = format!(r#"drop database "{}" with (force)"#, self.name);
        sqlx::query(AssertSqlSafe(sql)).execute(&mut server).await?;
        let mongo = mongodb::Client::with_uri_str(&self.mongo).await?;
        mongo.database(&self.name).drop().await?;
        fs::remove_dir_all(&self.dir)?;
        Ok(())
    }
}
