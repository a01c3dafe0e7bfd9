//! Starting, probing and stopping a program of the stack.

use std::{
    env,
    ffi::OsString,
    fs::{self, File},
    net::Ipv4Addr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use anyhow::{Context, ensure};
use promptforge::local::process;
use rdkafka::{
    ClientConfig,
    config::RDKafkaLogLevel,
    consumer::{BaseConsumer, Consumer},
};
use rustix::process::Signal;
use sqlx::{Connection, PgConnection};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    task::spawn_blocking,
    time::{sleep, timeout},
};

use super::account::Account;

/// The time from asking a part to end until it is killed: a process drains for up to 30 s (requests,
/// then tasks, then its last jobs), and the gateway accepts requests for 2 s before that.
pub const STOP_TIMEOUT: Duration = Duration::from_secs(35);

/// The time in which analytics must consume the last events, when no process sends any more.
pub const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);

/// Settings that only the programs that need them may see.
const PRIVATE: [&str; 11] = [
    "DATABASE_URL",
    "MONGODB_URI",
    "POSTGRES_URL",
    "JWT_SIGNING_KEY",
    "INTERNAL_TOKEN",
    "ADMIN_EMAIL",
    "ADMIN_PASSWORD",
    "OPENAI_API_KEY",
    "ANTHROPIC_API_KEY",
    "GEMINI_API_KEY",
    "BIND_ADDR",
];

/// Tells whether a variable holds the API key of one of the test service's endpoints.
pub fn is_endpoint_key(name: &str) -> bool {
    name.starts_with("OPENAI_COMPATIBLE_") && name.ends_with("_API_KEY")
}

/// Returns the [`PRIVATE`] settings and the API keys of endpoints in the environment.
pub fn private_settings() -> Vec<String> {
    let there = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let keys = there.filter(|name| is_endpoint_key(name));
    PRIVATE.into_iter().map(str::to_owned).chain(keys).collect()
}

/// Returns the path of the `promptforge` program, which is built beside this one.
///
/// # Errors
/// When it was not built.
pub fn promptforge() -> anyhow::Result<PathBuf> {
    let own = env::current_exe().context("cannot find this program's own path")?;
    let program = own.with_file_name("promptforge");
    ensure!(
        program.is_file(),
        "{} is not there: cargo build -p promptforge, with this program's profile, makes it",
        program.display()
    );
    Ok(program)
}

/// A program, and how to run, probe and stop it.
#[derive(Clone, Debug)]
pub struct ProgramSpec {
    pub name: &'static str,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub env: Vec<(&'static str, String)>,
    /// Variables of the environment that the program must not see.
    pub unset: Vec<String>,
    /// The account of the program; `None` for that of this process.
    pub account: Option<Account>,
    /// The file for standard output and standard error.
    pub log: PathBuf,
    /// The signal that asks the program to end.
    pub stop: Signal,
    pub probe: Probe,
}

/// A way to tell that a part is ready.
#[derive(Clone, Debug)]
pub enum Probe {
    /// An HTTP GET of a URL succeeds.
    Http(reqwest::Client, String),
    /// A Postgres server takes connections.
    Postgres(String),
    /// A Kafka broker on a port of the loopback tells its metadata.
    Kafka(u16),
    /// A port of the loopback takes connections.
    Tcp(u16),
}

impl ProgramSpec {
    /// Starts the program.
    ///
    /// # Errors
    /// When the program cannot be run, or its log cannot be written.
    pub fn spawn(&self) -> anyhow::Result<Child> {
        let log = File::options().create(true).append(true).open(&self.log);
        let log = log.with_context(|| format!("cannot write {}", self.log.display()))?;
        let mut command = Command::new(&self.program);
        command
            .args(&self.args)
            .envs(self.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(log.try_clone()?)
            .stderr(log)
            // Ctrl-C in the terminal must reach the launcher alone, which stops the parts in order.
            .process_group(0)
            // Otherwise a launcher that fails without stopping its parts would leave them behind.
            .kill_on_drop(true);
        for name in &self.unset {
            command.env_remove(name);
        }
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        command.spawn().with_context(|| format!("cannot run {}", self.program.display()))
    }

    /// Asks the child to end, and kills it after [`STOP_TIMEOUT`].
    pub async fn stop(&self, child: &mut Child) {
        if let Some(pid) = child.id() {
            // The child was not waited for yet, so the number is still its own.
            process::send_signal(pid, self.stop);
        }
        if timeout(STOP_TIMEOUT, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

impl Probe {
    /// Probes until the part is ready.
    pub async fn wait_until_ready(&self) {
        while !self.is_ready().await {
            sleep(Duration::from_millis(50)).await;
        }
    }

    async fn is_ready(&self) -> bool {
        let asked = async {
            match self {
                Self::Http(client, url) => {
                    client.get(url).send().await.is_ok_and(|answer| answer.status().is_success())
                }
                Self::Postgres(url) => match PgConnection::connect(url).await {
                    Ok(connection) => connection.close().await.is_ok(),
                    Err(_) => false,
                },
                Self::Kafka(port) => listens(*port).await && answers(*port).await,
                Self::Tcp(port) => listens(*port).await,
            }
        };
        timeout(Duration::from_secs(3), asked).await.unwrap_or(false)
    }
}

async fn listens(port: u16) -> bool {
    TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_ok()
}

/// Tells whether a Kafka broker names itself in its metadata, as it does once it can lead partitions.
async fn answers(port: u16) -> bool {
    let asked = spawn_blocking(move || {
        let consumer: Result<BaseConsumer, _> = ClientConfig::new()
            .set("bootstrap.servers", format!("127.0.0.1:{port}"))
            // It would tell of each attempt that failed.
            .set_log_level(RDKafkaLogLevel::Emerg)
            .create();
        consumer?.fetch_metadata(None, Duration::from_secs(2))
    });
    asked.await.is_ok_and(|metadata| metadata.is_ok_and(|metadata| !metadata.brokers().is_empty()))
}

/// Returns the last lines of a log, indented.
pub fn log_tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| format!("  {line}\n")).collect()
}
