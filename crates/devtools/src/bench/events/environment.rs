//! The stores, the broker and the analytics service of a measurement, as processes of their own.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use promptforge::{
    console,
    fleet::Process,
    local::{
        StateDir, secrets,
        state_dir::{self, remove},
    },
};
use reqwest::{Client, Url};
use rustix::process::Signal;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
    query_scalar,
};

use super::processes::{Running, Service};
use crate::{
    local::{
        account::Account,
        kafka::{self, Node, NodePorts},
        ports,
        postgres::{self, Cluster, Durability},
        program::{self, Probe, ProgramSpec, private_settings},
    },
    seed_analytics::{
        self,
        plan::{self, Numbers, Plan},
    },
    up::cluster_home,
};

/// Settings of Postgres that measuring needs, beside those of the local stack: the time of each commit,
/// and the time of each statement.
const MEASURING: [&str; 2] =
    ["track_commit_timestamp=on", "shared_preload_libraries=pg_stat_statements"];

/// The options that `bench events` and `bench analytics` share.
#[derive(Clone, clap::Args)]
pub struct EnvironmentArgs {
    /// The directory of Postgres, of Kafka and of logs; the databases in it are used again by later runs
    #[arg(long, value_name = "DIR", default_value = ".promptforge/bench")]
    dir: PathBuf,
    /// The brokers to use, whose CPU time is then not measured [default: an Apache Kafka of its own]
    #[arg(long, value_name = "HOST:PORT")]
    brokers: Option<String>,
    /// The state directory of `up`, in which only Kafka's jars are looked for
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
    /// The number of prompts that a new database gets
    #[arg(long, default_value_t = plan::PROMPTS, value_parser = clap::value_parser!(u32).range(1..))]
    prompts: u32,
    /// The number of accounts that a new database gets
    #[arg(long, default_value_t = plan::ACCOUNTS, value_parser = clap::value_parser!(u32).range(1..))]
    accounts: u32,
}

/// The stores and the broker.
pub struct Environment {
    dir: StateDir,
    pub http: Client,
    token: String,
    server: String,
    pub brokers: String,
    pub postgres: Running,
    /// `None` where the brokers were given.
    pub kafka: Option<Running>,
    /// The numbers for a new database.
    prompts: usize,
    accounts: usize,
}

impl Environment {
    /// Starts them.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn start(args: &EnvironmentArgs) -> anyhow::Result<Self> {
        if cfg!(debug_assertions) {
            console::eprint("a build without optimisation: take its figures for nothing");
        }
        let dir = StateDir::open(&args.dir)?;
        let (kafka, brokers) = match &args.brokers {
            Some(given) => (None, given.clone()),
            None => {
                let (kafka, brokers) = start_kafka(&dir, &args.state_dir).await?;
                (Some(kafka), brokers)
            }
        };
        let (postgres, server) = start_postgres(&dir).await?;
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(60)).build()?;
        let token = secrets::random_token()?;
        let (prompts, accounts) = (args.prompts as usize, args.accounts as usize);
        Ok(Self { dir, http, token, server, brokers, postgres, kafka, prompts, accounts })
    }

    /// Opens the database that holds this many views, and fills it first if it is not there.
    ///
    /// # Errors
    /// When the database cannot be written, or was filled half.
    pub async fn database(&self, views: u64) -> anyhow::Result<(Database, Plan)> {
        let name = format!("analytics_{views}");
        let mut url = Url::parse(&self.server)?;
        url.set_path(&name);
        let url = String::from(url);
        let database = Process::Analytics.database().context("analytics has no database")?;
        pg::migrate(&url, database.migrator).await?;
        let options: PgConnectOptions = url.parse()?;
        let pool = PgPoolOptions::new().max_connections(3).connect_with(options).await?;
        let plan = match self.dir.read::<Plan>(&name) {
            Some(plan) => plan,
            None => {
                let numbers = Numbers { views, prompts: self.prompts, accounts: self.accounts };
                let plan = Plan::new(plan::SEED, numbers, seed_analytics::this_hour());
                if views > 0 {
                    console::eprint(&format!("filling {name}"));
                    seed_analytics::fill(&url, &plan, 2).await.with_context(|| {
                        format!("remove {} to begin again", self.dir.path().display())
                    })?;
                }
                self.dir.write(&name, &plan)?;
                plan
            }
        };
        Ok((Database { url, pool }, plan))
    }

    /// Starts an analytics service on a database.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn analytics(
        &self,
        database: &Database,
        others: &[(&'static str, String)],
    ) -> anyhow::Result<Service> {
        let port = ports::any_free()?;
        let url = format!("http://127.0.0.1:{port}");
        // Nothing listens on the discard port.
        let nowhere = "http://127.0.0.1:9".to_owned();
        let mut env = vec![
            ("PORT", port.to_string()),
            ("DATABASE_URL", database.url.clone()),
            ("KAFKA_BROKERS", self.brokers.clone()),
            ("INTERNAL_TOKEN", self.token.clone()),
            ("PROMPT_SERVICE_URL", nowhere.clone()),
            ("USER_SERVICE_URL", nowhere),
            ("RUST_LOG", "warn".to_owned()),
        ];
        env.extend(others.iter().cloned());
        let given = |name: &String| !["DATABASE_URL", "INTERNAL_TOKEN"].contains(&name.as_str());
        let spec = ProgramSpec {
            name: "analytics",
            program: program::promptforge()?,
            args: vec!["serve".into(), Process::Analytics.name().into()],
            env,
            unset: private_settings().into_iter().filter(given).collect(),
            account: None,
            log: self.dir.log("analytics"),
            stop: Signal::TERM,
            probe: Probe::Http(self.http.clone(), format!("{url}/health/ready")),
        };
        let running = Running::start(spec).await?;
        Ok(Service { running, url, http: self.http.clone(), token: self.token.clone() })
    }

    /// Stops all of it.
    pub async fn stop(self) {
        if let Some(kafka) = self.kafka {
            kafka.stop().await;
        }
        self.postgres.stop().await;
    }
}

/// A database with its address.
pub struct Database {
    pub url: String,
    pub pool: PgPool,
}

impl Database {
    /// Describes the server.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn settings(&self) -> anyhow::Result<String> {
        let sql = "select version() || ': ' || string_agg(name || ' ' || current_setting(name), ', '
                          order by name)
                   from unnest(array['fsync', 'synchronous_commit', 'shared_buffers', 'max_wal_size',
                                     'full_page_writes']) name";
        Ok(query_scalar(sql).fetch_one(&self.pool).await?)
    }
}

/// Starts the Postgres of a directory, with the settings of the local stack; makes it first if it is
/// missing.
///
/// # Errors
/// When the server does not start.
pub async fn start_postgres(dir: &StateDir) -> anyhow::Result<(Running, String)> {
    let account = Account::needed()?;
    let home = cluster_home::choose(dir, account);
    if let Some(remark) = &home.remark {
        console::eprint(remark);
    }
    let cluster = Cluster::new(home.path, account, Durability::Kept);
    let password =
        secrets::read_or_create(&dir.secret("postgres-password"), secrets::random_token)?;
    if !cluster.exists() {
        cluster.create(&password).await?;
    }
    let port = ports::any_free()?;
    let mut spec = cluster.spec(port, &password, dir.log("postgres"))?;
    spec.args.extend(MEASURING.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
    Ok((Running::start(spec).await?, postgres::url(port, &password)))
}

/// Starts an Apache Kafka without topics: messages of an earlier run would be counted with those of this
/// one.
async fn start_kafka(dir: &StateDir, state_dir: &Path) -> anyhow::Result<(Running, String)> {
    let program = kafka::Program::find(state_dir)?;
    let home = dir.path().join("kafka");
    remove(&home)?;
    let ports = NodePorts { broker: ports::any_free()?, controller: ports::any_free()? };
    let node = Node::new(program, home);
    node.format(ports).await?;
    let running = Running::start(node.spec(ports, dir.log("kafka"))?).await?;
    Ok((running, format!("127.0.0.1:{}", ports.broker)))
}
