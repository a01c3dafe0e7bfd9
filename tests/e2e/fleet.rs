//! Starting, killing and restarting the processes of a fleet with stores of its own.

use std::{
    collections::HashMap,
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicU16, Ordering},
    },
};

use http::Method;
use ids::EventId;
use local_broker::LocalBroker;
use sqlx::{AssertSqlSafe, Connection, PgConnection, migrate::Migrator};
use testkit::{Broker, Client, INTERNAL_TOKEN, eventually, signing_key};

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-under-test");

/// The six processes, in the order they are started.
pub const PROCESSES: [&str; 6] = ["user", "prompt", "test", "marketplace", "analytics", "gateway"];

fn databases() -> [(&'static str, &'static Migrator); 5] {
    [
        ("user", &user_service::MIGRATOR),
        ("prompt", &prompt_service::MIGRATOR),
        ("test", &test_service::MIGRATOR),
        ("marketplace", &marketplace_service::MIGRATOR),
        ("analytics", &analytics_service::MIGRATOR),
    ]
}

/// A running fleet. Dropping it kills what runs and removes its databases.
pub struct Fleet {
    name: String,
    ports: HashMap<&'static str, u16>,
    settings: Vec<(String, String)>,
    directory: PathBuf,
    children: Mutex<HashMap<&'static str, Child>>,
    /// The fleet's broker, unless the test has one of its own. Given back last.
    _broker: Option<Broker>,
}

impl Fleet {
    /// Starts a fleet, and waits until it is ready.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Starts a fleet with settings of the test's own.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let mut fleet = Self::prepare(None).await;
        let own = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fleet.settings.extend(own);
        fleet.start_all().await;
        fleet
    }

    /// Starts a fleet on a broker that the test can take down.
    pub async fn start_on(broker: &LocalBroker) -> Self {
        let fleet = Self::prepare(Some(broker)).await;
        fleet.start_all().await;
        fleet
    }

    async fn start_all(&self) {
        for process in PROCESSES {
            self.spawn(process);
        }
        for process in PROCESSES {
            self.ready(process).await;
        }
    }

    /// Starts one process alone, for tests that need no other.
    pub async fn start_only(process: &'static str) -> Self {
        let fleet = Self::prepare(None).await;
        fleet.spawn(process);
        fleet.ready(process).await;
        fleet
    }

    async fn prepare(own: Option<&LocalBroker>) -> Self {
        let name = format!("e2e{}", EventId::new().0.simple());
        let directory = env::temp_dir().join(&name);
        fs::create_dir_all(&directory).unwrap();
        let key = directory.join("signing-key.pem");
        fs::write(&key, signing_key()).unwrap();
        let (brokers, broker) = match own {
            Some(own) => (own.address().to_owned(), None),
            None => {
                let broker = Broker::start().await;
                (broker.address().to_owned(), Some(broker))
            }
        };
        let ports: HashMap<_, _> = PROCESSES.map(|process| (process, free_port())).into();

        for (service, migrator) in databases() {
            pg::migrate(&database_url(&format!("{name}_{service}")), migrator).await.unwrap();
        }
        #[expect(
            clippy::disallowed_methods,
            reason = "tests are given their stores by the environment"
        )]
        let mongo = env::var("MONGODB_URI").expect("MONGODB_URI names the server to test with");
        let mut settings: Vec<(String, String)> = [
            ("INTERNAL_TOKEN", INTERNAL_TOKEN.to_owned()),
            ("JWT_SIGNING_KEY", key.display().to_string()),
            ("KAFKA_BROKERS", brokers),
            ("MONGODB_URI", format!("{}/{name}", mongo.trim_end_matches('/'))),
            ("DATABASE_MAX_CONNECTIONS", "4".to_owned()),
            // Prompt tests and purchases of a killed process are taken up soon.
            ("TEST_LEASE_SECONDS", "2".to_owned()),
            // Everyone here comes from one address, as fast as they can.
            ("RATE_LIMIT_PROFILE", "dev".to_owned()),
            // A test that writes as fast as it can must not reach the limit.
            ("TEST_USER_DAILY", "1000000".to_owned()),
            ("PAYMENT_TIMEOUT_MS", "1000".to_owned()),
            ("PAYMENT_SETTLE_AFTER_MS", "1500".to_owned()),
            ("PAYMENT_SETTLE_EVERY_MS", "300".to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into();
        for (process, port) in &ports {
            let setting = format!("{}_SERVICE_URL", process.to_uppercase());
            settings.push((setting, format!("http://127.0.0.1:{port}")));
        }
        Self { name, ports, settings, directory, children: Mutex::default(), _broker: broker }
    }

    /// Starts a process.
    pub fn spawn(&self, process: &'static str) {
        let log = fs::File::options()
            .create(true)
            .append(true)
            .open(self.directory.join(format!("{process}.log")))
            .unwrap();
        let mut command = Command::new(PROGRAM);
        command
            .args(["serve", process])
            // The environment of the developer must not reach the processes.
            .env_clear()
            .envs(
                ["PATH", "HOME", "RUST_LOG"]
                    .iter()
                    .filter_map(|name| Some((name, env::var_os(name)?))),
            )
            .envs(self.settings.iter().map(|(name, value)| (name, value)))
            .env("PORT", self.ports[process].to_string())
            .stdin(Stdio::null())
            .stdout(log.try_clone().unwrap())
            .stderr(log);
        if process != "gateway" {
            command.env("DATABASE_URL", database_url(&format!("{}_{process}", self.name)));
        }
        let child = command.spawn().unwrap();
        self.children.lock().unwrap().insert(process, child);
    }

    /// Returns the id of a process.
    pub fn pid(&self, process: &str) -> u32 {
        self.children.lock().unwrap()[process].id()
    }

    /// Kills a process as `kill -9` does, and reaps it.
    pub fn kill(&self, process: &str) {
        let mut child = self.children.lock().unwrap().remove(process).unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
    }

    /// Kills a process, starts it again, and waits until it is ready.
    pub async fn kill_and_restart(&self, process: &'static str) {
        self.kill(process);
        self.spawn(process);
        self.ready(process).await;
    }

    /// Waits until a process is ready.
    pub async fn ready(&self, process: &'static str) {
        let client = self.direct(process);
        eventually(&format!("{process} to be ready; its log: {}", self.log(process)), || async {
            let answer = client.try_call(Method::GET, "/health/ready", None::<&()>).await;
            answer.is_ok_and(|answer| answer.status == 200).then_some(())
        })
        .await;
    }

    fn log(&self, process: &str) -> String {
        self.directory.join(format!("{process}.log")).display().to_string()
    }

    /// Returns a client that calls through the gateway.
    pub fn client(&self) -> Client {
        self.direct("gateway")
    }

    /// Returns a client that calls a process directly.
    pub fn direct(&self, process: &str) -> Client {
        Client::new(&format!("http://127.0.0.1:{}", self.ports[process]))
    }

    /// Returns the gateway's URL.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.ports["gateway"])
    }

    /// Connects to the database of a service.
    pub async fn database(&self, service: &str) -> PgConnection {
        let url = database_url(&format!("{}_{service}", self.name));
        PgConnection::connect(&url).await.unwrap()
    }

    /// Returns the URI of the prompt service's MongoDB database.
    pub fn mongo_uri(&self) -> &str {
        let setting = self.settings.iter().find(|(name, _)| name == "MONGODB_URI");
        setting.map(|(_, uri)| uri.as_str()).unwrap()
    }

    /// Returns the directory of this fleet.
    pub fn directory(&self) -> &PathBuf {
        &self.directory
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        for child in self.children.get_mut().unwrap().values_mut() {
            let _ = child.kill();
            let _ = child.wait();
        }
        if std::thread::panicking() {
            // The logs and databases are kept, to find the cause of the failure.
            return;
        }
        let _ = fs::remove_dir_all(&self.directory);
        let names = databases().map(|(service, _)| format!("{}_{service}", self.name));
        // The drop runs inside the test's runtime, which it cannot block on.
        let _ = std::thread::spawn(move || drop_databases(&names)).join();
    }
}

fn drop_databases(names: &[String]) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let mut connection = PgConnection::connect(&database_url("postgres")).await.unwrap();
        for name in names {
            let sql = format!(r#"drop database if exists "{name}" with (force)"#);
            sqlx::query(AssertSqlSafe(sql)).execute(&mut connection).await.unwrap();
        }
    });
}

/// Returns the URL of a database on the server that `DATABASE_URL` names.
fn database_url(name: &str) -> String {
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are given their stores by the environment"
    )]
    let server = env::var("DATABASE_URL").expect("DATABASE_URL names the server to test with");
    let (server, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}")
}

/// The ports of one test process; other test processes at the same time begin elsewhere.
const PORTS: u16 = 500;

/// Returns a port that nothing listens on, below those that the system gives to outgoing
/// connections, and never the same one twice: a restarted process must find its own free again.
fn free_port() -> u16 {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let block = u16::try_from(std::process::id() % 20).unwrap();
    loop {
        let step = NEXT.fetch_add(1, Ordering::Relaxed);
        assert!(step < PORTS, "all {PORTS} ports were given or are in use");
        let port = 20_000 + block * PORTS + step;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}
