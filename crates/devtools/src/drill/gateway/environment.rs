//! The databases and processes of a drill: two instances of the user and of the prompt service, a third for the
//! latter to move to, one of the marketplace and of analytics, and two gateways, of which one runs at first.

use std::{
    env, fs,
    fs::DirBuilder,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context;
use local_broker::LocalBroker;
use promptforge::{console, fleet::Process, local::secrets};
use reqwest::{Client, Url};
use rustix::process::Signal;
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use uuid::Uuid;

use crate::{
    drill::restartable::{Program, wait_for},
    local::{
        ports::FreePorts,
        program::{self, Probe, ProgramSpec, private_settings},
    },
};

/// The first port tried. It is not one that the system gives to outgoing connections: a restarted
/// process must find its own free again.
const PORTS: u16 = 21_500;

/// The private settings that the drill sets itself.
const GIVEN: [&str; 4] = ["DATABASE_URL", "MONGODB_URI", "INTERNAL_TOKEN", "JWT_SIGNING_KEY"];

/// The processes with a database.
const SERVICES: [Process; 4] =
    [Process::User, Process::Prompt, Process::Marketplace, Process::Analytics];

/// The processes and stores of a drill.
pub struct Environment {
    name: String,
    server: Url,
    mongo: String,
    dir: PathBuf,
    pub users: [Instance; 2],
    /// The third one is started when the first moves.
    pub prompts: [Instance; 3],
    others: [Instance; 2],
    /// The second one takes over from the first.
    pub gateways: [Instance; 2],
    _broker: LocalBroker,
}

/// A process, and the port that it listens on.
pub struct Instance {
    pub program: Program,
    pub port: u16,
}

impl Environment {
    /// Makes databases, keys and a directory for logs.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn create(database_url: &str, mongodb_uri: &str) -> anyhow::Result<Self> {
        let name = format!("drill_{}", Uuid::new_v4().simple());
        let server = Url::parse(database_url).ok().filter(Url::has_host);
        let server = server.context("DATABASE_URL is not a postgres:// URL")?;
        let dir = env::temp_dir().join(&name);
        let made = DirBuilder::new().mode(0o700).create(&dir);
        made.with_context(|| format!("cannot make {}", dir.display()))?;
        let mongo = format!("{}/{name}", mongodb_uri.trim_end_matches('/'));
        for process in SERVICES {
            let database = process.database().context("a process without a database")?;
            pg::migrate(&database_on(&server, &name, process), database.migrator).await?;
        }
        let broker = LocalBroker::start()?;
        let mut free = FreePorts::from(PORTS);
        let mut ports = [0; 9];
        for port in &mut ports {
            *port = free.next()?;
        }
        let [user_a, user_b, prompt_a, prompt_b, prompt_c, market, analytics, gate_a, gate_b] =
            ports;
        let urls = |ports: &[u16]| -> String {
            let urls: Vec<_> =
                ports.iter().map(|port| format!("http://127.0.0.1:{port}")).collect();
            urls.join(",")
        };
        let keys = [user_a, user_b].map(|port| format!("{}/.well-known/jwks.json", urls(&[port])));
        let settings = vec![
            ("INTERNAL_TOKEN", secrets::random_token()?),
            ("LOG_FORMAT", "json".to_owned()),
            ("RUST_LOG", "info".to_owned()),
            ("RATE_LIMIT_PROFILE", "off".to_owned()),
            ("KAFKA_BROKERS", broker.address().to_owned()),
            ("MONGODB_URI", mongo.clone()),
            ("SEARCH_DIR", dir.join("search").display().to_string()),
            ("DATABASE_MAX_CONNECTIONS", "5".to_owned()),
            ("JWT_SIGNING_KEY", keys_file(&dir).display().to_string()),
            ("JWKS_URL", keys.join(",")),
            ("SERVICES_FILE", services_file(&dir).display().to_string()),
            ("USER_SERVICE_URL", urls(&[user_a, user_b])),
            ("PROMPT_SERVICE_URL", urls(&[prompt_a, prompt_b])),
            // Nothing listens there: the drill has no tests.
            ("TEST_SERVICE_URL", urls(&[9])),
            ("MARKETPLACE_SERVICE_URL", urls(&[market])),
            ("ANALYTICS_SERVICE_URL", urls(&[analytics])),
        ];
        secrets::write(&keys_file(&dir), &secrets::signing_key()?)?;
        secrets::write(&services_file(&dir), "# Nothing is elsewhere.\n")?;
        let http = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build()?;
        let instance = |process: Process, port: u16| -> anyhow::Result<Instance> {
            let mut settings = settings.clone();
            settings.push(("DATABASE_URL", database_on(&server, &name, process)));
            let log = log_file(&dir, process, port);
            let spec = spec(process, &settings, port, log, &http)?;
            Ok(Instance { program: Program::new(spec), port })
        };
        Ok(Self {
            users: [instance(Process::User, user_a)?, instance(Process::User, user_b)?],
            prompts: [
                instance(Process::Prompt, prompt_a)?,
                instance(Process::Prompt, prompt_b)?,
                instance(Process::Prompt, prompt_c)?,
            ],
            others: [
                instance(Process::Marketplace, market)?,
                instance(Process::Analytics, analytics)?,
            ],
            gateways: [instance(Process::Gateway, gate_a)?, instance(Process::Gateway, gate_b)?],
            name,
            server,
            mongo,
            dir,
            _broker: broker,
        })
    }

    /// Starts what runs at first.
    ///
    /// # Errors
    /// When a process is not ready in time.
    pub async fn start(&mut self) -> anyhow::Result<()> {
        let [first, second, _] = &mut self.prompts;
        let [marketplace, analytics] = &mut self.others;
        let [user, other_user] = &mut self.users;
        tokio::try_join!(
            user.program.start(),
            other_user.program.start(),
            first.program.start(),
            second.program.start(),
            marketplace.program.start(),
            analytics.program.start(),
        )?;
        self.gateways[0].program.start().await
    }

    pub fn gateway_urls(&self) -> [String; 2] {
        [0, 1].map(|i| format!("http://127.0.0.1:{}", self.gateways[i].port))
    }

    /// Writes the file of signing keys, whole.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_keys(&self, keys: &[&str]) -> anyhow::Result<()> {
        secrets::write(&keys_file(&self.dir), &keys.concat())
    }

    /// Returns the key that signs at first.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn first_key(&self) -> anyhow::Result<String> {
        Ok(fs::read_to_string(keys_file(&self.dir))?)
    }

    /// Writes the gateway's file of addresses.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write_addresses(&self, text: &str) -> anyhow::Result<()> {
        secrets::write(&services_file(&self.dir), text)
    }

    /// Waits until a gateway's requests are answered by an instance that was not used before.
    ///
    /// # Errors
    /// When they are not.
    pub async fn wait_until_used(&self, gateway: usize, port: u16) -> anyhow::Result<()> {
        let log = log_file(&self.dir, Process::Gateway, self.gateways[gateway].port);
        let already = fs::metadata(&log)?.len() as usize;
        let wanted = format!(r#""instance":"127.0.0.1:{port}""#);
        wait_for(&format!("the instance at {port} is used"), async || {
            let text = fs::read(&log)?;
            let since = String::from_utf8_lossy(text.get(already..).unwrap_or_default());
            Ok(since.contains(&wanted).then_some(()))
        })
        .await
    }

    /// Ends the processes, and drops the databases unless they are to be looked into.
    ///
    /// # Errors
    /// When a store cannot be reached.
    pub async fn tear_down(mut self, clean: bool) -> anyhow::Result<()> {
        let services = self.users.iter_mut().chain(&mut self.prompts).chain(&mut self.others);
        for instance in services.chain(&mut self.gateways) {
            instance.program.end_by(Signal::KILL).await?;
        }
        if !clean {
            let (name, dir) = (&self.name, self.dir.display());
            console::eprint(&format!("kept: databases {name}_…, logs in {dir}"));
            return Ok(());
        }
        let mut server = PgConnection::connect(self.server.as_str()).await?;
        for process in SERVICES {
            let sql = format!(r#"drop database "{}_{}" with (force)"#, self.name, process.name());
            sqlx::query(AssertSqlSafe(sql)).execute(&mut server).await?;
        }
        let mongo = mongodb::Client::with_uri_str(&self.mongo).await?;
        mongo.database(&self.name).drop().await?;
        fs::remove_dir_all(&self.dir)?;
        Ok(())
    }
}

fn database_on(server: &Url, name: &str, process: Process) -> String {
    let mut url = server.clone();
    url.set_path(&format!("{name}_{}", process.name()));
    url.into()
}

fn keys_file(dir: &Path) -> PathBuf {
    dir.join("keys.pem")
}

fn services_file(dir: &Path) -> PathBuf {
    dir.join("services.env")
}

fn log_file(dir: &Path, process: Process, port: u16) -> PathBuf {
    dir.join(format!("{}-{port}.log", process.name()))
}

fn spec(
    process: Process,
    settings: &[(&'static str, String)],
    port: u16,
    log: PathBuf,
    http: &Client,
) -> anyhow::Result<ProgramSpec> {
    let mut env = settings.to_vec();
    env.push(("PORT", port.to_string()));
    Ok(ProgramSpec {
        name: process.name(),
        program: program::promptforge()?,
        args: vec!["serve".into(), process.name().into()],
        env,
        unset: private_settings().into_iter().filter(|it| !GIVEN.contains(&it.as_str())).collect(),
        account: None,
        log,
        stop: Signal::TERM,
        probe: Probe::Http(http.clone(), format!("http://127.0.0.1:{port}/health/ready")),
    })
}
