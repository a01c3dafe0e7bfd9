//! A prompt service under measurement, and the statements that it executes for each request.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail, ensure};
use auth::identity::{X_INTERNAL_TOKEN, X_USER_ID, X_USER_ROLES, X_USERNAME};
use local_broker::LocalBroker;
use promptforge::{
    fleet::Process,
    local::{process, secrets},
};
use reqwest::StatusCode;
use rustix::process::Signal;
use serde::Deserialize;
use serde_json::Value;
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use super::notices::{Statement, add_notice, with_auto_explain};
use crate::local::{
    ports,
    program::{self, STOP_TIMEOUT, private_settings},
};

/// Nothing listens here: what is measured needs neither MongoDB nor the user service.
const UNREACHABLE: &str = "127.0.0.1:9";

/// The time in which the service must be ready, and in which it must log a request.
const START_TIMEOUT: Duration = Duration::from_secs(30);
const LOG_TIMEOUT: Duration = Duration::from_secs(10);

/// The log filter: the line and the span of each request, and notices of Postgres.
const LOG: &str = "warn,access=info,http_kit::context=info,sqlx::postgres::notice=trace";

/// A request to the service.
#[derive(Clone, Debug)]
pub struct Request {
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    /// The caller; `None` for a visitor.
    pub caller: Option<Uuid>,
}

/// A response, and the statements that were executed for it.
pub struct Response {
    pub status: StatusCode,
    pub body: Value,
    pub statements: Vec<Statement>,
}

impl Response {
    pub fn database_ms(&self) -> f64 {
        self.statements.iter().fold(0.0, |sum, statement| sum + statement.ms)
    }
}

/// A running service.
pub struct Service {
    child: Child,
    base: String,
    token: String,
    http: reqwest::Client,
    logged: UnboundedReceiver<LoggedRequest>,
    asked: u64,
    _broker: LocalBroker,
    _search_dir: TempDir,
}

impl Service {
    /// Starts a service on a database, without MongoDB and the user service.
    ///
    /// # Errors
    /// When the service does not start.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        let broker = LocalBroker::start().context("cannot start the Kafka broker")?;
        let (port, token) = (ports::any_free()?, secrets::random_token()?);
        let search_dir = tempfile::tempdir()?;
        let mut command = Command::new(program::promptforge()?);
        command.args(["serve", Process::Prompt.name()]);
        for name in private_settings() {
            command.env_remove(name);
        }
        let mut child = command
            .env("PORT", port.to_string())
            .env("DATABASE_URL", with_auto_explain(url)?)
            .env("MONGODB_URI", format!("mongodb://{UNREACHABLE}"))
            .env("KAFKA_BROKERS", broker.address())
            .env("SEARCH_DIR", search_dir.path())
            .env("USER_SERVICE_URL", format!("http://{UNREACHABLE}"))
            .env("INTERNAL_TOKEN", &token)
            .env("RUST_LOG", LOG)
            .env("LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the prompt service")?;
        let log = child.stdout.take().context("the prompt service has no output")?;
        let (sender, logged) = unbounded_channel();
        tokio::spawn(read(log, sender));
        let base = format!("http://127.0.0.1:{port}");
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut service = Self {
            child,
            base,
            token,
            http,
            logged,
            asked: 0,
            _broker: broker,
            _search_dir: search_dir,
        };
        service.wait_until_ready().await?;
        Ok(service)
    }

    /// Waits until the service has indexed all prompts for search.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn wait_until_indexed(&mut self) -> anyhow::Result<()> {
        let url = format!("{}/health/ready", self.base);
        loop {
            let report: Value = self.http.get(&url).send().await?.json().await?;
            let checks = report["checks"].as_array().into_iter().flatten();
            if checks.into_iter().any(|check| check["name"] == "search" && check["status"] == "UP")
            {
                return Ok(());
            }
            sleep(Duration::from_secs(1)).await;
        }
    }

    async fn wait_until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START_TIMEOUT;
        let url = format!("{}/health/ready", self.base);
        while !self.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the prompt service does not start: {status}");
            }
            ensure!(
                Instant::now() < deadline,
                "the prompt service is not ready after {START_TIMEOUT:?}"
            );
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Sends a request, and waits until the service has logged it.
    ///
    /// # Errors
    /// When there is no response, or no line in the log.
    pub async fn call(&mut self, request: &Request) -> anyhow::Result<Response> {
        self.asked += 1;
        let id = format!("bench-{}", self.asked);
        let mut call = self
            .http
            .get(format!("{}{}", self.base, request.path))
            .query(&request.query)
            .header("x-request-id", &id)
            .header(&X_INTERNAL_TOKEN, &self.token);
        if let Some(caller) = request.caller {
            call = call
                .header(&X_USER_ID, caller.to_string())
                .header(&X_USERNAME, "bench")
                .header(&X_USER_ROLES, "USER");
        }
        let answer = call.send().await.context("the prompt service does not answer")?;
        let status = answer.status();
        let body = answer.json().await.unwrap_or(Value::Null);
        let statements = timeout(LOG_TIMEOUT, async {
            loop {
                match self.logged.recv().await {
                    Some(logged) if logged.request_id == id => return Some(logged.statements),
                    // Lines of the calls for readiness are skipped.
                    Some(_) => {}
                    None => return None,
                }
            }
        });
        let statements = statements.await.ok().flatten().context("the service's log has ended")?;
        Ok(Response { status, body, statements })
    }

    /// Stops the service, and kills it after [`STOP_TIMEOUT`].
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id() {
            process::send_signal(pid, Signal::TERM);
        }
        if timeout(STOP_TIMEOUT, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// A request that was served, as the log tells.
struct LoggedRequest {
    request_id: String,
    statements: Vec<Statement>,
}

/// A line of the service's log, with the fields that are read.
#[derive(Deserialize)]
struct Line {
    target: String,
    #[serde(default)]
    message: String,
    /// The id of the request; only in lines of the access log.
    request_id: Option<String>,
    #[serde(default)]
    span: Span,
}

#[derive(Default, Deserialize)]
struct Span {
    /// `None` for the lines of jobs.
    request_id: Option<String>,
}

/// Gathers the notices of each request; the service serves one request at a time.
async fn read(log: ChildStdout, sender: UnboundedSender<LoggedRequest>) {
    let mut lines = BufReader::new(log).lines();
    let mut statements = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(line) = serde_json::from_str::<Line>(&line) else { continue };
        match line.target.as_str() {
            "sqlx::postgres::notice" if line.span.request_id.is_some() => {
                add_notice(&mut statements, &line.message);
            }
            "access" => {
                let request_id = line.request_id.unwrap_or_default();
                let statements = std::mem::take(&mut statements);
                if sender.send(LoggedRequest { request_id, statements }).is_err() {
                    return;
                }
            }
            _ => {}
        }
    }
}
