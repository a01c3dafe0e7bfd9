//! A program of the stack: how it is run, asked whether it is ready, and stopped.

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
use rustix::process::Signal;
use sqlx::{Connection, PgConnection};
use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};

use super::postgres::Account;

/// How long a part may take to end once asked, before it is made to.
pub const PATIENCE: Duration = Duration::from_secs(15);

/// Settings of ours that a program sees only when they are meant for it.
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

/// Whether a variable has the key of an endpoint that the settings of the test service name.
pub fn is_endpoint_key(name: &str) -> bool {
    name.starts_with("OPENAI_COMPATIBLE_") && name.ends_with("_API_KEY")
}

/// All that is [`PRIVATE`], and the keys of endpoints that there are.
pub fn private() -> Vec<String> {
    let there = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    let keys = there.filter(|name| is_endpoint_key(name));
    PRIVATE.into_iter().map(str::to_owned).chain(keys).collect()
}

/// Returns the path of the `promptforge` program, which is built beside this one.
///
/// # Errors
/// When it is not there.
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

/// A program and how it is run.
#[derive(Clone, Debug)]
pub struct Spec {
    pub name: &'static str,
    pub program: PathBuf,
    pub args: Vec<OsString>,
    pub env: Vec<(&'static str, String)>,
    /// Variables of ours that it must not see.
    pub unset: Vec<String>,
    /// Whom it runs as, when not as us.
    pub account: Option<Account>,
    /// Takes its output, standard and error.
    pub log: PathBuf,
    pub stop: Signal,
    pub probe: Probe,
}

/// How to tell that a part is ready.
#[derive(Clone, Debug)]
pub enum Probe {
    /// This URL answers with success.
    Http(reqwest::Client, String),
    /// This server takes connections.
    Postgres(String),
    /// This port of the loopback takes connections.
    Tcp(u16),
}

impl Spec {
    /// Starts it.
    ///
    /// # Errors
    /// When it cannot be run, or its log not be written.
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
            // Ctrl-C in the terminal is for the launcher alone, which stops the parts in order.
            .process_group(0)
            // Should the launcher fail in a way that skips stopping, nothing stays behind.
            .kill_on_drop(true);
        for name in &self.unset {
            command.env_remove(name);
        }
        if let Some(account) = self.account {
            account.apply(&mut command);
        }
        command.spawn().with_context(|| format!("cannot run {}", self.program.display()))
    }

    /// Asks the child to end, and makes it when it has not in time.
    pub async fn halt(&self, child: &mut Child) {
        if let Some(pid) = child.id() {
            // Not waited for yet, so the number is still its own.
            process::send(pid, self.stop);
        }
        if timeout(PATIENCE, child.wait()).await.is_err() {
            let _ = child.kill().await;
        }
    }
}

impl Probe {
    pub async fn until_ready(&self) {
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
                Self::Tcp(port) => TcpStream::connect((Ipv4Addr::LOCALHOST, *port)).await.is_ok(),
            }
        };
        timeout(Duration::from_secs(3), asked).await.unwrap_or(false)
    }
}

/// The last lines of a log, indented.
pub fn tail(log: &Path, lines: usize) -> String {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| format!("  {line}\n")).collect()
}
