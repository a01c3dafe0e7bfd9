//! The stores, the broker and the instances of the analytics service, as processes that accidents happen to.

use std::{env, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};

use anyhow::{Context, ensure};
use auth::identity::X_INTERNAL_TOKEN;
use promptforge::{
    console,
    fleet::Process,
    local::{StateDir, secrets, state_dir::remove},
};
use reqwest::{Client, Url};
use rustix::process::Signal;
use serde_json::Value;
use sqlx::{PgPool, postgres::PgPoolOptions};
use tokio::process::Command;
use uuid::Uuid;

use super::prompt_service::PromptService;
use crate::{
    drill::restartable::Program,
    local::{
        account::Account,
        kafka::{self, NodePorts},
        ports::FreePorts,
        postgres::{self, Cluster, Durability},
        program::{self, Probe, ProgramSpec, private_settings},
    },
    up::cluster_home,
};

/// The first port tried. It is not one that the system gives to outgoing connections: a restarted
/// process must find its own free again.
const PORTS: u16 = 21_900;

/// The retention setting in days, until the drill shortens it.
pub const RETENTION_DAYS: u16 = 400;

/// Settings of the broker: one that was killed may not come back before its old session has ended.
const SHORT_SESSION: [&str; 2] =
    ["broker.session.timeout.ms=1500", "broker.heartbeat.interval.ms=300"];

/// The settings that the drill gives to its processes.
const GIVEN: [&str; 2] = ["DATABASE_URL", "INTERNAL_TOKEN"];

/// The processes of a drill, and the directory of their data.
pub struct Environment {
    dir: StateDir,
    home: cluster_home::ClusterHome,
    http: Client,
    token: String,
    database_url: String,
    pub brokers: String,
    pub pool: PgPool,
    pub postgres: Program,
    pub kafka: Program,
    pub first: Program,
    pub second: Program,
    first_url: String,
    prompts: PromptService,
}

/// Stores that run, in a directory of their own.
struct Stores {
    dir: StateDir,
    home: cluster_home::ClusterHome,
    database_url: String,
    brokers: String,
    postgres: Program,
    kafka: Program,
}

impl Stores {
    async fn start(jars: &Path, free: &mut FreePorts) -> anyhow::Result<Self> {
        let program = kafka::Program::find(jars)?;
        let path = env::temp_dir().join(format!("drill_{}", Uuid::new_v4().simple()));
        fs::create_dir(&path).with_context(|| format!("cannot make {}", path.display()))?;
        // The account of Postgres goes through it.
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711))?;
        let dir = StateDir::open(&path)?;
        let account = Account::needed()?;
        let home = cluster_home::choose(&dir, account);
        let cluster = Cluster::new(home.path.clone(), account, Durability::Kept);
        let password = secrets::random_token()?;
        let node = kafka::Node::new(program, dir.path().join("kafka"));
        let ports = NodePorts { broker: free.next()?, controller: free.next()? };
        tokio::try_join!(node.format(ports), cluster.create(&password))?;
        let mut spec = node.spec(ports, dir.log("kafka"))?;
        spec.args.extend(SHORT_SESSION.iter().flat_map(|it| ["--override".into(), it.into()]));
        let mut kafka = Program::new(spec);
        let port = free.next()?;
        let mut postgres = Program::new(cluster.spec(port, &password, dir.log("postgres"))?);
        tokio::try_join!(kafka.start(), postgres.start())?;
        let mut url = Url::parse(&postgres::url(port, &password))?;
        url.set_path("analytics");
        let brokers = format!("127.0.0.1:{}", ports.broker);
        Ok(Self { dir, home, database_url: url.into(), brokers, postgres, kafka })
    }
}

impl Environment {
    /// Starts the stores and the broker; the instances wait.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn start(jars: &Path) -> anyhow::Result<Self> {
        let mut free = FreePorts::from(PORTS);
        let Stores { dir, home, database_url, brokers, postgres, kafka } =
            Stores::start(jars, &mut free).await?;
        let database = Process::Analytics.database().context("analytics has no database")?;
        pg::migrate(&database_url, database.migrator).await?;
        let pool = PgPoolOptions::new().max_connections(2).connect(&database_url).await?;
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(20)).build()?;
        let token = secrets::random_token()?;
        let prompts = PromptService::start().await?;
        let settings = [
            ("DATABASE_URL", database_url.clone()),
            ("DATABASE_MAX_CONNECTIONS", "8".to_owned()),
            ("KAFKA_BROKERS", brokers.clone()),
            ("INTERNAL_TOKEN", token.clone()),
            ("PROMPT_SERVICE_URL", prompts.url.clone()),
            ("USER_SERVICE_URL", prompts.url.clone()),
        ];
        let ports = [free.next()?, free.next()?];
        let first = Program::new(analytics(&http, &settings, ports[0], dir.log("first"))?);
        let second = Program::new(analytics(&http, &settings, ports[1], dir.log("second"))?);
        let first_url = format!("http://127.0.0.1:{}", ports[0]);
        let mut environment = Self {
            dir,
            home,
            http,
            token,
            database_url,
            brokers,
            pool,
            postgres,
            kafka,
            first,
            second,
            first_url,
            prompts,
        };
        environment.set_retention(RETENTION_DAYS);
        Ok(environment)
    }

    /// Sets the retention for instances that are started from now on.
    pub fn set_retention(&mut self, days: u16) {
        for instance in [&mut self.first, &mut self.second] {
            instance.spec.env.retain(|(name, _)| *name != "ANALYTICS_RETENTION_DAYS");
            instance.spec.env.push(("ANALYTICS_RETENTION_DAYS", days.to_string()));
        }
    }

    /// Asks the first instance.
    ///
    /// # Errors
    /// When it answers with an error.
    pub async fn get(&self, path: &str, query: &[(&str, &str)]) -> anyhow::Result<Value> {
        let url = format!("{}{path}", self.first_url);
        let request = self.http.get(&url).query(query).header(&X_INTERNAL_TOKEN, &self.token);
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        ensure!(status.is_success(), "{path}: {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }

    /// Runs `promptforge analytics rebuild`.
    ///
    /// # Errors
    /// When it fails.
    pub async fn rebuild(&self) -> anyhow::Result<()> {
        let mut command = Command::new(program::promptforge()?);
        command.args(["analytics", "rebuild"]).kill_on_drop(true);
        for name in private_settings() {
            command.env_remove(name);
        }
        let output = command.env("ANALYTICS_DATABASE_URL", &self.database_url).output().await?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "promptforge analytics rebuild: {}", said.trim());
        Ok(())
    }

    /// Ends everything, and removes it unless it is to be looked into.
    ///
    /// # Errors
    /// When the files cannot be removed.
    pub async fn tear_down(mut self, clean: bool) -> anyhow::Result<()> {
        self.pool.close().await;
        for instance in [&mut self.first, &mut self.second] {
            instance.end_by(Signal::KILL).await?;
        }
        self.kafka.stop().await;
        self.postgres.stop().await;
        self.prompts.stop();
        if !clean {
            let (dir, home) = (self.dir.path().display(), self.home.path.display());
            console::eprint(&format!("kept: logs and Kafka in {dir}, Postgres in {home}"));
            return Ok(());
        }
        remove(&self.home.path)?;
        remove(self.dir.path())
    }
}

fn analytics(
    http: &Client,
    settings: &[(&'static str, String)],
    port: u16,
    log: std::path::PathBuf,
) -> anyhow::Result<ProgramSpec> {
    let mut env = settings.to_vec();
    env.push(("PORT", port.to_string()));
    Ok(ProgramSpec {
        name: Process::Analytics.name(),
        program: program::promptforge()?,
        args: vec!["serve".into(), Process::Analytics.name().into()],
        env,
        unset: private_settings().into_iter().filter(|it| !GIVEN.contains(&it.as_str())).collect(),
        account: None,
        log,
        stop: Signal::TERM,
        probe: Probe::Http(http.clone(), format!("http://127.0.0.1:{port}/health/ready")),
    })
}
