//! The databases and processes of a drill.

use std::{env, fs, path::PathBuf, time::Duration};

use anyhow::{Context, bail, ensure};
use auth::{Identity, Role, identity::X_INTERNAL_TOKEN};
use ids::UserId;
use local_broker::LocalBroker;
use promptforge::{console, fleet::Process, local::secrets};
use reqwest::{
    Client, Method, StatusCode, Url,
    header::{HeaderMap, HeaderValue},
};
use rustix::process::Signal;
use serde_json::Value;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool, postgres::PgPoolOptions};
use tokio::{process::Child, time::timeout};
use uuid::Uuid;

use crate::local::{
    ports,
    program::{self, Probe, ProgramSpec, log_tail, private_settings},
};

/// The first port tried. It is not one that the system gives to outgoing connections: a restarted
/// process must find its own free again.
const PORTS: u16 = 21_700;

/// The private settings that the drill sets itself.
const GIVEN: [&str; 3] = ["DATABASE_URL", "MONGODB_URI", "INTERNAL_TOKEN"];

const START_TIMEOUT: Duration = Duration::from_secs(60);

/// A prompt service and a marketplace on databases of their own.
pub struct Environment {
    name: String,
    server: Url,
    mongo: String,
    dir: PathBuf,
    token: String,
    http: Client,
    prompt: ProgramSpec,
    marketplace: ProgramSpec,
    ports: [u16; 2],
    running: Vec<Child>,
    /// The broker for the prompt service's events.
    _broker: LocalBroker,
}

impl Environment {
    /// Makes databases and a directory for logs.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn create(database_url: &str, mongodb_uri: &str) -> anyhow::Result<Self> {
        let name = format!("drill_{}", Uuid::new_v4().simple());
        let server = Url::parse(database_url).ok().filter(Url::has_host);
        let server = server.context("DATABASE_URL is not a postgres:// URL")?;
        let dir = env::temp_dir().join(&name);
        fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let broker = LocalBroker::start()?;
        let prompt_port = ports::choose(PORTS, None, ports::claim)?;
        let marketplace_port = ports::choose(prompt_port + 1, None, ports::claim)?;
        let token = secrets::random_token()?;
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        let mongo = format!("{}/{name}", mongodb_uri.trim_end_matches('/'));

        let mut specs = Vec::new();
        for (process, port) in
            [(Process::Prompt, prompt_port), (Process::Marketplace, marketplace_port)]
        {
            let database = process.database().context("a process without a database")?;
            let url = on(&server, &format!("{name}_{}", process.name()));
            pg::migrate(&url, database.migrator).await?;
            let env = [
                ("PORT", port.to_string()),
                ("DATABASE_URL", url),
                ("DATABASE_MAX_CONNECTIONS", "8".to_owned()),
                ("MONGODB_URI", mongo.clone()),
                ("SEARCH_DIR", dir.join("search").display().to_string()),
                ("KAFKA_BROKERS", broker.address().to_owned()),
                ("INTERNAL_TOKEN", token.clone()),
                // Nothing listens here: names are then those of the identity headers.
                ("USER_SERVICE_URL", "http://127.0.0.1:9".to_owned()),
                ("PROMPT_SERVICE_URL", format!("http://127.0.0.1:{prompt_port}")),
                ("PAYMENT_TIMEOUT_MS", "500".to_owned()),
                ("PAYMENT_SETTLE_AFTER_MS", "1000".to_owned()),
                ("PAYMENT_SETTLE_EVERY_MS", "200".to_owned()),
                ("PROMPT_STEP_RETRY_MS", "200".to_owned()),
            ];
            specs.push(ProgramSpec {
                name: process.name(),
                program: program::promptforge()?,
                args: vec!["serve".into(), process.name().into()],
                env: env.into(),
                unset: private_settings()
                    .into_iter()
                    .filter(|name| !GIVEN.contains(&name.as_str()))
                    .collect(),
                account: None,
                log: dir.join(format!("{}.log", process.name())),
                stop: Signal::TERM,
                probe: Probe::Http(http.clone(), format!("http://127.0.0.1:{port}/health/ready")),
            });
        }
        let (Some(marketplace), Some(prompt)) = (specs.pop(), specs.pop()) else {
            bail!("two processes are to be started")
        };
        Ok(Self {
            name,
            server,
            mongo,
            dir,
            token,
            http,
            prompt,
            marketplace,
            ports: [prompt_port, marketplace_port],
            running: Vec::new(),
            _broker: broker,
        })
    }

    /// Starts both processes.
    ///
    /// # Errors
    /// When a process is not ready in a minute.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        for spec in [&self.prompt, &self.marketplace] {
            self.running.push(start_program(spec).await?);
        }
        Ok(())
    }

    /// Kills the marketplace as `kill -9` does.
    ///
    /// # Errors
    /// When the marketplace does not run.
    pub async fn kill(&mut self) -> anyhow::Result<()> {
        let mut marketplace = self.running.pop().context("the marketplace is not running")?;
        marketplace.kill().await?;
        Ok(())
    }

    /// Starts the marketplace that was killed.
    ///
    /// # Errors
    /// When the marketplace is not ready in a minute.
    pub async fn restart(&mut self) -> anyhow::Result<()> {
        self.running.push(start_program(&self.marketplace).await?);
        Ok(())
    }

    /// Ends the processes, and drops the databases unless they are to be looked into.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn tear_down(mut self, clean: bool) -> anyhow::Result<()> {
        for mut child in self.running.drain(..) {
            let _ = child.kill().await;
        }
        if !clean {
            console::eprint(&format!(
                "kept: databases {0}_prompt and {0}_marketplace, logs in {1}",
                self.name,
                self.dir.display()
            ));
            return Ok(());
        }
        let mut server = PgConnection::connect(self.server.as_str()).await?;
        for process in [Process::Prompt, Process::Marketplace] {
            let sql = format!(r#"drop database "{}_{}" with (force)"#, self.name, process.name());
            sqlx::query(AssertSqlSafe(sql)).execute(&mut server).await?;
        }
        let mongo = mongodb::Client::with_uri_str(&self.mongo).await?;
        mongo.database(&self.name).drop().await?;
        fs::remove_dir_all(&self.dir)?;
        Ok(())
    }

    /// Returns a client that calls both services as a user.
    ///
    /// # Errors
    /// When the internal token is no header value.
    pub fn client(&self, id: UserId, username: &str) -> anyhow::Result<UserClient> {
        let mut headers = HeaderMap::new();
        headers.insert(&X_INTERNAL_TOKEN, HeaderValue::try_from(&self.token)?);
        let template = UserClient { id, http: self.http.clone(), headers, ports: self.ports };
        Ok(template.with_user(id, username))
    }

    /// Connects to the database of a service.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn database(&self, process: Process) -> anyhow::Result<PgPool> {
        let url = on(&self.server, &format!("{}_{}", self.name, process.name()));
        Ok(PgPoolOptions::new().max_connections(2).connect(&url).await?)
    }
}

/// Returns the URL of a database on a server.
fn on(server: &Url, database: &str) -> String {
    let mut url = server.clone();
    url.set_path(database);
    url.into()
}

async fn start_program(spec: &ProgramSpec) -> anyhow::Result<Child> {
    let child = spec.spawn()?;
    let ready = timeout(START_TIMEOUT, spec.probe.wait_until_ready()).await;
    ensure!(ready.is_ok(), "{} is not ready:\n{}", spec.name, log_tail(&spec.log, 15));
    Ok(child)
}

/// A client that calls as a user, with the headers that the gateway would set.
#[derive(Clone)]
pub struct UserClient {
    pub id: UserId,
    http: Client,
    headers: HeaderMap,
    ports: [u16; 2],
}

impl UserClient {
    fn with_user(mut self, id: UserId, username: &str) -> Self {
        let username = username.to_owned();
        Identity { id, username, roles: vec![Role::User], session: None }.write(&mut self.headers);
        Self { id, ..self }
    }

    /// Returns a client for a new user.
    pub fn with_new_user(&self, username: &str) -> Self {
        self.clone().with_user(UserId::new(), username)
    }

    /// Calls the service that has this path.
    ///
    /// # Errors
    /// When there is no response.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        key: Option<&str>,
        body: &Value,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let port = self.ports[usize::from(path.starts_with("/api/marketplace"))];
        let mut request = self
            .http
            .request(method, format!("http://127.0.0.1:{port}{path}"))
            .headers(self.headers.clone())
            .json(body);
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        let answer = request.send().await?;
        let status = answer.status();
        let bytes = answer.bytes().await?;
        Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()))
    }
}
