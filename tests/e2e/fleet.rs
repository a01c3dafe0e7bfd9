//! Starting, killing and restarting the processes of a fleet with stores of its own.

use std::{
    collections::HashMap,
    env, fs,
    net::TcpListener,
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Mutex,
        atomic::{AtomicBool, AtomicU16, Ordering},
    },
};

use http::Method;
use ids::EventId;
use local_broker::LocalBroker;
use sqlx::{Connection, PgConnection};
use testkit::{Broker, Client, INTERNAL_TOKEN, eventually, signing_key};

// By its path, since tests/hostile and tests/readme name this file by its own.
#[path = "fleet/databases.rs"]
mod databases;
use databases::database_url;

/// The program under test.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_fleet-under-test");

/// The six processes.
pub const PROCESSES: [&str; 6] = ["user", "prompt", "test", "marketplace", "analytics", "gateway"];

/// The second instances of a doubled fleet: of the processes that keep copies, and of the gateway.
const SECOND_INSTANCES: [&str; 4] = ["user-2", "prompt-2", "marketplace-2", "gateway-2"];

/// Returns the name of the service that a process is an instance of.
fn service_of(process: &str) -> &str {
    process.strip_suffix("-2").unwrap_or(process)
}

/// Whether `FLEET_INSTANCES=2` asks for doubled fleets, where a test does not mind.
fn are_doubled() -> bool {
    #[expect(clippy::disallowed_methods, reason = "the shape of the fleet is the caller's choice")]
    let instances = env::var("FLEET_INSTANCES");
    instances.is_ok_and(|instances| instances == "2")
}

/// A running fleet. Dropping it kills what runs and removes its databases.
pub struct Fleet {
    name: String,
    ports: HashMap<&'static str, u16>,
    /// Whether the next client calls the second gateway.
    next_is_second: AtomicBool,
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

    /// Starts a fleet with settings of the test's own, doubled where the environment says so.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        match are_doubled() {
            true => Self::start_doubled(settings).await,
            false => Self::start_processes(&PROCESSES, settings).await,
        }
    }

    /// Starts a fleet with two gateways, and two instances of each service that keeps copies.
    pub async fn start_doubled(settings: &[(&str, &str)]) -> Self {
        let processes = [&PROCESSES[..], &SECOND_INSTANCES].concat();
        Self::start_processes(&processes, settings).await
    }

    async fn start_processes(processes: &[&'static str], settings: &[(&str, &str)]) -> Self {
        let mut fleet = Self::prepare(None, processes).await;
        let own = settings.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        fleet.settings.extend(own);
        fleet.start_all().await;
        fleet
    }

    /// Starts a fleet on a broker that the test can take down.
    pub async fn start_on(broker: &LocalBroker) -> Self {
        let fleet = Self::prepare(Some(broker), &PROCESSES).await;
        fleet.start_all().await;
        fleet
    }

    async fn start_all(&self) {
        for process in self.ports.keys() {
            self.spawn(process);
        }
        for process in self.ports.keys() {
            self.ready(process).await;
        }
    }

    /// Starts one process alone, for tests that need no other.
    pub async fn start_only(process: &'static str) -> Self {
        let fleet = Self::prepare(None, &PROCESSES).await;
        fleet.spawn(process);
        fleet.ready(process).await;
        fleet
    }

    async fn prepare(own: Option<&LocalBroker>, processes: &[&'static str]) -> Self {
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
        let ports: HashMap<_, _> =
            processes.iter().map(|process| (*process, free_port())).collect();

        databases::create(&name).await;
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
            ("SEARCH_DIR", directory.join("search").display().to_string()),
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
        for service in PROCESSES {
            let instances = ports.iter().filter(|(process, _)| service_of(process) == service);
            let urls: Vec<_> =
                instances.map(|(_, port)| format!("http://127.0.0.1:{port}")).collect();
            settings.push((format!("{}_SERVICE_URL", service.to_uppercase()), urls.join(",")));
        }
        Self {
            name,
            ports,
            next_is_second: AtomicBool::new(false),
            settings,
            directory,
            children: Mutex::default(),
            _broker: broker,
        }
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
            .args(["serve", service_of(process)])
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
        let service = service_of(process);
        if service != "gateway" {
            command.env("DATABASE_URL", database_url(&format!("{}_{service}", self.name)));
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

    /// Returns a client that calls through the gateway; each in turn through the other of two.
    pub fn client(&self) -> Client {
        let is_second = self.next_is_second.fetch_xor(true, Ordering::Relaxed);
        match is_second && self.ports.contains_key("gateway-2") {
            true => self.direct("gateway-2"),
            false => self.direct("gateway"),
        }
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
        databases::drop_all(&self.name);
    }
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
