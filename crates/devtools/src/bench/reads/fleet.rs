//! The processes under measurement.

use std::{path::Path, process::Stdio, time::Duration};

use anyhow::{Context, ensure};
use auth::Signer;
use local_broker::LocalBroker;
use promptforge::{
    console,
    fleet::Process,
    local::{StateDir, secrets},
};
use reqwest::{Client, Url};
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, PgPool, postgres::PgPoolOptions, query, query_scalar};
use tokio::{process::Command, time::sleep};

use crate::{
    bench::{
        events::{environment::start_postgres, processes::Running},
        gateway::callers::audience,
    },
    local::{
        mongo, ports,
        program::{self, Probe, ProgramSpec, private_settings},
    },
};

/// The address of the services that no read asks: they are not started, and nothing listens there.
const UNREACHABLE: &str = "http://127.0.0.1:9";

/// The table that says that a database was filled.
const FILLED: &str = "bench_reads_filled";

/// The stores, the services and the gateway.
pub struct Fleet {
    pub gateway_port: u16,
    pub signer: Signer,
    pub prompts_pool: PgPool,
    pub users_pool: PgPool,
    gateway: Running,
    prompts: Vec<Running>,
    user: Running,
    mongo: Running,
    postgres: Running,
    _broker: LocalBroker,
}

impl Fleet {
    /// Starts the processes, and fills the databases first if this number of prompts was not measured before.
    ///
    /// # Errors
    /// When a process does not start, or a database cannot be filled.
    pub async fn start(
        dir: &StateDir,
        state_dir: &Path,
        prompts: u32,
        instances: u32,
    ) -> anyhow::Result<Self> {
        let broker = LocalBroker::start().context("cannot start the Kafka broker")?;
        let (postgres, server) = start_postgres(dir).await?;
        let port = ports::any_free()?;
        let program = mongo::Program::find(state_dir)?;
        let mongo = Running::start(program.spec(&dir.mongo(), port, dir.log("mongo"))?).await?;
        let databases = [
            (Process::User, database(&server, &format!("reads_users_{prompts}"))?),
            (Process::Prompt, database(&server, &format!("reads_prompts_{prompts}"))?),
        ];
        fill(&databases, prompts).await?;
        let [(_, users), (_, of_prompts)] = &databases;

        let key =
            secrets::read_or_create(&dir.secret("jwt-signing-key.pem"), secrets::signing_key)?;
        let user_port = ports::any_free()?;
        let user_url = format!("http://127.0.0.1:{user_port}");
        let common = vec![
            ("INTERNAL_TOKEN", secrets::random_token()?),
            ("KAFKA_BROKERS", broker.address().to_owned()),
            ("USER_SERVICE_URL", user_url.clone()),
            ("JWKS_URL", format!("{user_url}/.well-known/jwks.json")),
            ("TEST_SERVICE_URL", UNREACHABLE.to_owned()),
            ("MARKETPLACE_SERVICE_URL", UNREACHABLE.to_owned()),
            ("ANALYTICS_SERVICE_URL", UNREACHABLE.to_owned()),
            ("LOG_FORMAT", "json".to_owned()),
            ("RUST_LOG", "info".to_owned()),
            ("RATE_LIMIT_PROFILE", "off".to_owned()),
            ("TRUSTED_PROXIES", "127.0.0.1".to_owned()),
        ];
        let mut prompt_services = Vec::new();
        let mut prompt_urls = Vec::new();
        let settings = [
            ("DATABASE_URL", of_prompts.clone()),
            ("MONGODB_URI", mongo::uri(port)),
            ("SEARCH_DIR", dir.search().display().to_string()),
        ];
        for _ in 0..instances {
            let port = ports::any_free()?;
            prompt_urls.push(format!("http://127.0.0.1:{port}"));
            prompt_services.push(service(dir, Process::Prompt, port, &common, &settings).await?);
        }
        let prompt_url = ("PROMPT_SERVICE_URL", prompt_urls.join(","));
        let settings = [
            ("DATABASE_URL", users.clone()),
            ("JWT_SIGNING_KEY", dir.secret("jwt-signing-key.pem").display().to_string()),
            prompt_url.clone(),
        ];
        let user = service(dir, Process::User, user_port, &common, &settings).await?;
        let gateway_port = ports::any_free()?;
        let gateway = service(dir, Process::Gateway, gateway_port, &common, &[prompt_url]).await?;
        Ok(Self {
            gateway_port,
            signer: Signer::from_pem(&key, audience())?,
            prompts_pool: pool(of_prompts).await?,
            users_pool: pool(users).await?,
            gateway,
            prompts: prompt_services,
            user,
            mongo,
            postgres,
            _broker: broker,
        })
    }

    /// Returns the processes whose CPU time is measured, each kind with its numbers.
    pub fn processes(&self) -> Vec<(&'static str, Vec<u32>)> {
        vec![
            ("gateway", vec![self.gateway.pid()]),
            ("prompt", self.prompts.iter().map(Running::pid).collect()),
            ("user", vec![self.user.pid()]),
            ("Postgres", vec![self.postgres.pid()]),
            ("MongoDB", vec![self.mongo.pid()]),
        ]
    }

    /// Stops the processes.
    pub async fn stop(self) {
        self.gateway.stop().await;
        for prompt in self.prompts {
            prompt.stop().await;
        }
        self.user.stop().await;
        self.mongo.stop().await;
        self.prompts_pool.close().await;
        self.users_pool.close().await;
        self.postgres.stop().await;
    }
}

fn database(server: &str, name: &str) -> anyhow::Result<String> {
    let mut url = Url::parse(server)?;
    url.set_path(name);
    Ok(url.into())
}

async fn pool(url: &str) -> anyhow::Result<PgPool> {
    Ok(PgPoolOptions::new().max_connections(1).connect(url).await?)
}

/// Fills the databases by `promptforge-dev seed`, which reads their addresses from its own environment, and
/// waits until Postgres has nothing left to clean up.
async fn fill(databases: &[(Process, String)], prompts: u32) -> anyhow::Result<()> {
    for (process, url) in databases {
        let database = process.database().context("a service without a database")?;
        pg::migrate(url, database.migrator).await?;
    }
    let [_, (_, url)] = databases else { return Ok(()) };
    let pool = pool(url).await?;
    let is_filled = query_scalar("select to_regclass($1) is not null").bind(FILLED);
    if is_filled.fetch_one(&pool).await? {
        return Ok(());
    }
    console::eprint(&format!("filling the databases with {prompts} prompts"));
    let mut seed = Command::new(std::env::current_exe()?);
    seed.args(["seed", "--force", "--without-versions", "--prompts", &prompts.to_string()])
        .args(["--users", &(prompts / 20).to_string()])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    for (process, url) in databases {
        let database = process.database().context("a service without a database")?;
        seed.env(database.setting, url);
    }
    ensure!(seed.status().await?.success(), "the databases could not be filled");
    query(AssertSqlSafe(format!("create table {FILLED} ()"))).execute(&pool).await?;
    Ok(())
}

/// Starts a process of the fleet, and waits until it is ready.
async fn service(
    dir: &StateDir,
    process: Process,
    port: u16,
    common: &[(&'static str, String)],
    own: &[(&'static str, String)],
) -> anyhow::Result<Running> {
    let mut env = vec![("PORT", port.to_string()), ("BIND_ADDR", "127.0.0.1".to_owned())];
    env.extend(common.iter().chain(own).cloned());
    let is_given = |name: &String| env.iter().any(|(given, _)| given == name);
    let unset = private_settings().into_iter().filter(|name| !is_given(name)).collect();
    let http = Client::builder().no_proxy().timeout(Duration::from_secs(5)).build()?;
    let spec = ProgramSpec {
        name: process.name(),
        program: program::promptforge()?,
        args: vec!["serve".into(), process.name().into()],
        env,
        unset,
        account: None,
        log: dir.log(process.name()),
        stop: Signal::TERM,
        probe: Probe::Http(http, format!("http://127.0.0.1:{port}/health/live")),
    };
    let running = Running::start(spec).await?;
    // Jobs that follow a start, such as making indexes, are not measured.
    sleep(Duration::from_millis(500)).await;
    Ok(running)
}
