//! The two instances of a drill.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use local_broker::LocalBroker;
use reqwest::Client;
use rustix::process::Signal;
use uuid::Uuid;

use super::traffic::Caller;
use crate::{
    drill::{prompt_stores::PromptStores, restartable::Program},
    local::ports,
};

/// The first port tried; as in the drill of the relay.
const PORTS: u16 = 21_820;

/// Two instances of the prompt service on one database. Accidents happen to the first.
pub struct Environment {
    stores: PromptStores,
    search_dir: PathBuf,
    ports: [u16; 2],
    instances: [Program; 2],
    user: Uuid,
    _broker: LocalBroker,
}

impl Environment {
    /// Makes a database, a directory for logs, and one for indexes unless it is given.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn create(
        database_url: &str,
        mongodb_uri: &str,
        search_dir: Option<PathBuf>,
    ) -> anyhow::Result<Self> {
        let stores = PromptStores::create(database_url, mongodb_uri).await?;
        let search_dir = search_dir.unwrap_or_else(|| stores.dir.join("search"));
        let broker = LocalBroker::start()?;
        let first = ports::choose(PORTS, None, ports::claim)?;
        let second = ports::choose(first + 1, None, ports::claim)?;
        let spec = |port| stores.spec(port, broker.address(), &search_dir);
        let instances = [spec(first)?, spec(second)?].map(Program::new);
        let ports = [first, second];
        Ok(Self { stores, search_dir, ports, instances, user: Uuid::new_v4(), _broker: broker })
    }

    /// Starts both instances, one after the other, so that it is known which directory is whose.
    ///
    /// # Errors
    /// When an instance is not ready in time.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        for instance in &mut self.instances {
            instance.start().await?;
        }
        Ok(())
    }

    /// Kills the first instance as `kill -9` does.
    ///
    /// # Errors
    /// When it goes on.
    pub async fn kill_first(&mut self) -> anyhow::Result<()> {
        self.instances[0].end_by(Signal::KILL).await
    }

    /// Starts the first instance again.
    ///
    /// # Errors
    /// When it is not ready in time.
    pub async fn start_first(&mut self) -> anyhow::Result<()> {
        self.instances[0].start().await
    }

    /// Returns the directory of the first instance's index.
    pub fn first_index(&self) -> PathBuf {
        self.search_dir.join("0")
    }

    pub fn search_dir(&self) -> &Path {
        &self.search_dir
    }

    /// Returns a caller of each instance.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn callers(&self) -> anyhow::Result<[Caller; 2]> {
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        Ok(self.ports.map(|port| Caller {
            http: http.clone(),
            url: format!("http://127.0.0.1:{port}"),
            token: self.stores.token.clone(),
            user: self.user,
        }))
    }

    /// Ends the processes, and drops the databases unless they are to be looked into.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn tear_down(mut self, clean: bool) -> anyhow::Result<()> {
        for instance in &mut self.instances {
            instance.end_by(Signal::KILL).await?;
        }
        self.stores.tear_down(clean).await
    }
}
