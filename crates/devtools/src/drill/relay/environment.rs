//! The database and the two instances of a drill.

use std::{env, fs, path::PathBuf, time::Duration};

use anyhow::{Context, ensure};
use local_broker::LocalBroker;
use promptforge::{console, fleet::Process, local::secrets};
use reqwest::{Client, Url};
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use super::load::WRITERS;
use crate::local::{
    ports,
    program::{self, Probe, ProgramSpec, log_tail, private_settings},
};

/// The first port tried. It is not one that the system gives to outgoing connections: a restarted
/// process must find its own free again.
const PORTS: u16 = 21_800;

/// The private settings that the drill sets itself.
const GIVEN: [&str; 3] = ["DATABASE_URL", "MONGODB_URI", "INTERNAL_TOKEN"];

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest time without an active relay.
const TAKE_OVER_TIMEOUT: Duration = Duration::from_secs(30);

/// Two instances of the prompt service on one database.
pub struct Environment {
    name: String,
    server: Url,
    mongo: String,
    dir: PathBuf,
    /// Where events are written, and the outbox is looked into.
    pub database: PgPool,
    broker: Broker,
    specs: [ProgramSpec; 2],
    /// The running instances, by the position of their spec.
    running: [Option<Child>; 2],
    /// The position of the instance that was started first: its relay is the active one.
    active: usize,
}

enum Broker {
    InMemory(LocalBroker),
    Given(String),
}

impl Environment {
    /// Makes a database and a directory for logs.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn create(
        database_url: &str,
        mongodb_uri: &str,
        brokers: Option<String>,
    ) -> anyhow::Result<Self> {
        let name = format!("drill_{}", Uuid::new_v4().simple());
        let server = Url::parse(database_url).ok().filter(Url::has_host);
        let server = server.context("DATABASE_URL is not a postgres:// URL")?;
        let mut url = server.clone();
        url.set_path(&name);
        let database = Process::Prompt.database().context("a process without a database")?;
        pg::migrate(url.as_str(), database.migrator).await?;
        let dir = env::temp_dir().join(&name);
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let broker = match brokers {
            Some(address) => Broker::Given(address),
            None => Broker::InMemory(LocalBroker::start()?),
        };
        let mongo = format!("{}/{name}", mongodb_uri.trim_end_matches('/'));
        let env = [
            ("DATABASE_URL", url.to_string()),
            ("DATABASE_MAX_CONNECTIONS", "4".to_owned()),
            ("MONGODB_URI", mongo.clone()),
            ("SEARCH_DIR", dir.join("search").display().to_string()),
            ("KAFKA_BROKERS", address(&broker).to_owned()),
            ("INTERNAL_TOKEN", secrets::random_token()?),
            // Nothing listens here: nobody calls.
            ("USER_SERVICE_URL", "http://127.0.0.1:9".to_owned()),
        ];
        let first = ports::choose(PORTS, None, ports::claim)?;
        let second = ports::choose(first + 1, None, ports::claim)?;
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        let program = program::promptforge()?;
        let specs = [first, second].map(|port| ProgramSpec {
            name: Process::Prompt.name(),
            program: program.clone(),
            args: vec!["serve".into(), Process::Prompt.name().into()],
            env: env.iter().cloned().chain([("PORT", port.to_string())]).collect(),
            unset: private_settings()
                .into_iter()
                .filter(|name| !GIVEN.contains(&name.as_str()))
                .collect(),
            account: None,
            log: dir.join(format!("prompt-{port}.log")),
            stop: Signal::TERM,
            probe: Probe::Http(http.clone(), format!("http://127.0.0.1:{port}/health/ready")),
        });
        let options = PgPoolOptions::new().max_connections(WRITERS + 2);
        let database = options.connect(url.as_str()).await?;
        let running = [None, None];
        Ok(Self { name, server, mongo, dir, database, broker, specs, running, active: 0 })
    }

    /// Returns the address of the broker.
    pub fn brokers(&self) -> &str {
        address(&self.broker)
    }

    /// Starts both instances, one after the other, so that it is known whose relay is active.
    ///
    /// # Errors
    /// When an instance is not ready in a minute.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        self.start_instance(0).await?;
        self.wait_for_relay(None).await?;
        self.start_instance(1).await
    }

    async fn start_instance(&mut self, instance: usize) -> anyhow::Result<()> {
        let spec = &self.specs[instance];
        self.running[instance] = Some(spec.spawn()?);
        let ready = timeout(START_TIMEOUT, spec.probe.wait_until_ready()).await;
        ensure!(ready.is_ok(), "{} is not ready:\n{}", spec.name, log_tail(&spec.log, 15));
        Ok(())
    }

    /// Kills the instance with the active relay as `kill -9` does, and returns the time until that of the
    /// other one is active.
    ///
    /// # Errors
    /// When none takes over.
    pub async fn kill_active(&mut self) -> anyhow::Result<Duration> {
        let before = self.wait_for_relay(None).await?;
        let mut active = self.running[self.active].take().context("nothing is running")?;
        let killed = Instant::now();
        active.kill().await?;
        self.wait_for_relay(Some(before)).await?;
        self.active = 1 - self.active;
        Ok(killed.elapsed())
    }

    /// Starts the instance that was killed; its relay waits.
    ///
    /// # Errors
    /// When it is not ready in a minute.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.start_instance(1 - self.active).await
    }

    /// Waits until a relay other than `before` holds the lock, and returns the id of its session.
    async fn wait_for_relay(&self, before: Option<i32>) -> anyhow::Result<i32> {
        let started = Instant::now();
        while started.elapsed() < TAKE_OVER_TIMEOUT {
            let holder: Option<i32> = sqlx::query_scalar(
                "select pid from pg_locks where locktype = 'advisory' and granted
                 and ((classid::bigint << 32) | objid::bigint) = x'6f7574626f78'::bigint
                 and database = (select oid from pg_database where datname = current_database())",
            )
            .fetch_optional(&self.database)
            .await?;
            match holder {
                Some(holder) if Some(holder) != before => return Ok(holder),
                _ => sleep(Duration::from_millis(5)).await,
            }
        }
        anyhow::bail!("no relay is active:\n{}", log_tail(&self.specs[1 - self.active].log, 15))
    }

    /// Counts the events that have not been sent.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn outbox_depth(&self) -> anyhow::Result<i64> {
        let count = sqlx::query_scalar("select count(*) from outbox");
        Ok(count.fetch_one(&self.database).await?)
    }

    /// Ends the processes, and drops the database unless it is to be looked into.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn tear_down(mut self, clean: bool) -> anyhow::Result<()> {
        for child in self.running.iter_mut().flatten() {
            let _ = child.kill().await;
        }
        self.database.close().await;
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

fn address(broker: &Broker) -> &str {
    match broker {
        Broker::InMemory(broker) => broker.address(),
        Broker::Given(address) => address,
    }
}
