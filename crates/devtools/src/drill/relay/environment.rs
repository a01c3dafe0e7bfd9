//! The database and the two instances of a drill.

use std::time::Duration;

use anyhow::{Context, ensure};
use local_broker::LocalBroker;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::{
    process::Child,
    time::{Instant, sleep, timeout},
};

use super::load::WRITERS;
use crate::{
    drill::prompt_stores::PromptStores,
    local::{
        ports,
        program::{ProgramSpec, log_tail},
    },
};

/// The first port tried. It is not one that the system gives to outgoing connections: a restarted
/// process must find its own free again.
const PORTS: u16 = 21_800;

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// The longest time without an active relay.
const TAKE_OVER_TIMEOUT: Duration = Duration::from_secs(30);

/// Two instances of the prompt service on one database.
pub struct Environment {
    stores: PromptStores,
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
        let stores = PromptStores::create(database_url, mongodb_uri).await?;
        let broker = match brokers {
            Some(address) => Broker::Given(address),
            None => Broker::InMemory(LocalBroker::start()?),
        };
        let first = ports::choose(PORTS, None, ports::claim)?;
        let second = ports::choose(first + 1, None, ports::claim)?;
        let search = stores.dir.join("search");
        let spec = |port| stores.spec(port, address(&broker), &search);
        let specs = [spec(first)?, spec(second)?];
        let options = PgPoolOptions::new().max_connections(WRITERS + 2);
        let database = options.connect(stores.url.as_str()).await?;
        let running = [None, None];
        Ok(Self { stores, database, broker, specs, running, active: 0 })
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
        self.stores.tear_down(clean).await
    }
}

fn address(broker: &Broker) -> &str {
    match broker {
        Broker::InMemory(broker) => broker.address(),
        Broker::Given(address) => address,
    }
}
