//! The processes under measurement.

use std::{
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant},
};

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

use super::report::Measured;
use crate::{
    bench::{
        events::{cpu, environment::start_postgres, processes::Running},
        gateway::{
            callers::audience,
            load::{Load, Target},
        },
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

/// The programs that a fleet is run and filled by.
pub struct Build {
    promptforge: PathBuf,
    promptforge_dev: PathBuf,
}

impl Build {
    /// Returns this program, and promptforge beside it.
    ///
    /// # Errors
    /// When promptforge is not there.
    pub fn own() -> anyhow::Result<Self> {
        let promptforge_dev = std::env::current_exe()?;
        Ok(Self { promptforge: program::promptforge()?, promptforge_dev })
    }

    /// Returns both programs of another build, which are in one directory.
    pub fn in_dir(dir: &Path) -> Self {
        Self { promptforge: dir.join("promptforge"), promptforge_dev: dir.join("promptforge-dev") }
    }
}

/// The stores, the services and the gateway.
pub struct Fleet {
    pub gateway_port: u16,
    /// The time in which the databases were filled with prompts, likes, ratings and comments.
    pub filled_in: Duration,
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
        build: &Build,
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
        let of = |process: Process| database(&server, process, prompts);
        let (users, of_prompts) = (&of(Process::User)?, &of(Process::Prompt)?);
        let filled_in = fill(build, of, prompts).await?;

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
            ("SEARCH_DIR", dir.search().join(prompts.to_string()).display().to_string()),
        ];
        for _ in 0..instances {
            let port = ports::any_free()?;
            prompt_urls.push(format!("http://127.0.0.1:{port}"));
            let service = service(build, dir, Process::Prompt, port, &common, &settings);
            prompt_services.push(service.await?);
        }
        let prompt_url = ("PROMPT_SERVICE_URL", prompt_urls.join(","));
        let settings = [
            ("DATABASE_URL", users.clone()),
            ("JWT_SIGNING_KEY", dir.secret("jwt-signing-key.pem").display().to_string()),
            prompt_url.clone(),
        ];
        let user = service(build, dir, Process::User, user_port, &common, &settings).await?;
        let gateway_port = ports::any_free()?;
        let gateway =
            service(build, dir, Process::Gateway, gateway_port, &common, &[prompt_url]).await?;
        Ok(Self {
            gateway_port,
            filled_in,
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

    /// Asks for the paths in a file as often as the gateway answers, and measures what a request costs.
    ///
    /// # Errors
    /// When a request is not answered, or not with success.
    pub async fn measure(
        &self,
        load: &Load,
        target: &Target,
        paths: &Path,
        time: Duration,
    ) -> anyhow::Result<Measured> {
        let before = cpu::Snapshot::take()?;
        let outcome = load.ask_for(target, paths, time).await?;
        let after = cpu::Snapshot::take()?;
        let requests = outcome.requests.max(1) as f64;
        let spent = |pids: Vec<u32>| -> Duration {
            pids.into_iter().map(|pid| after.tree(pid).saturating_sub(before.tree(pid))).sum()
        };
        let cpu = self.processes().into_iter();
        Ok(Measured {
            per_second: outcome.requests as f64 / outcome.took.as_secs_f64(),
            p50: outcome.p50,
            p99: outcome.p99,
            cpu: cpu.map(|(name, pids)| (name, spent(pids).div_f64(requests))).collect(),
        })
    }

    /// Returns the memory that the prompt service has resident, in bytes; of several, the most.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn resident(&self) -> anyhow::Result<u64> {
        let processes = cpu::Snapshot::take()?;
        Ok(self.prompts.iter().map(|prompt| processes.resident(prompt.pid())).max().unwrap_or(0))
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

/// Returns the URL of a service's database with this number of prompts.
fn database(server: &str, process: Process, prompts: u32) -> anyhow::Result<String> {
    let mut url = Url::parse(server)?;
    url.set_path(&format!("reads_{}_{prompts}", process.name()));
    Ok(url.into())
}

async fn pool(url: &str) -> anyhow::Result<PgPool> {
    Ok(PgPoolOptions::new().max_connections(1).connect(url).await?)
}

/// Fills the databases by `promptforge-dev seed`, waits until Postgres has nothing left to clean up, and returns
/// the time that took; of databases that an earlier run filled, the time that it took then.
async fn fill(
    build: &Build,
    database: impl Fn(Process) -> anyhow::Result<String>,
    prompts: u32,
) -> anyhow::Result<Duration> {
    let mut settings = Vec::new();
    for process in Process::SERVICES {
        let of_process = process.database().context("a service without a database")?;
        settings.push((of_process.setting, database(process)?));
    }
    run(&build.promptforge, &["migrate"], &settings).await?;
    let pool = pool(&database(Process::Prompt)?).await?;
    if !query_scalar("select to_regclass($1) is not null").bind(FILLED).fetch_one(&pool).await? {
        console::eprint(&format!("filling the databases with {prompts} prompts"));
        let started = Instant::now();
        let (count, users) = (prompts.to_string(), (prompts / 20).to_string());
        let seed =
            ["seed", "--force", "--without-versions", "--prompts", &count, "--users", &users];
        run(&build.promptforge_dev, &seed, &settings).await?;
        let filled = format!(
            "create table {FILLED} as select {}::float8 as seconds",
            started.elapsed().as_secs_f64()
        );
        query(AssertSqlSafe(filled)).execute(&pool).await?;
    }
    let seconds = AssertSqlSafe(format!("select seconds from {FILLED}"));
    Ok(Duration::from_secs_f64(query_scalar(seconds).fetch_one(&pool).await?))
}

/// Runs a program to its end.
async fn run(
    program: &Path,
    args: &[&str],
    settings: &[(&'static str, String)],
) -> anyhow::Result<()> {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).stdout(Stdio::null()).kill_on_drop(true);
    command.envs(settings.iter().map(|(name, value)| (name, value)));
    ensure!(command.status().await?.success(), "{} {} has failed", program.display(), args[0]);
    Ok(())
}

/// Starts a process of the fleet, and waits until it is ready.
async fn service(
    build: &Build,
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
        program: build.promptforge.clone(),
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
