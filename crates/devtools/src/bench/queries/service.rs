//! A prompt service of our own, and what Postgres says of each statement while it serves.

use std::{process::Stdio, time::Duration};

use anyhow::{Context, bail, ensure};
use auth::identity::{X_INTERNAL_TOKEN, X_USER_ID, X_USER_ROLES, X_USERNAME};
use events::local_broker::LocalBroker;
use promptforge::{
    fleet::Process,
    local::{process, secrets},
};
use reqwest::StatusCode;
use rustix::process::Signal;
use serde::Deserialize;
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, ChildStdout, Command},
    sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel},
    time::{Instant, sleep, timeout},
};
use uuid::Uuid;

use super::notices::{Statement, note, watched};
use crate::local::{
    ports,
    program::{self, PATIENCE, private},
};

/// Nothing listens here: what is measured needs neither MongoDB nor the user service.
const NOWHERE: &str = "127.0.0.1:9";

/// How long the service may take to be ready, and to log what it has answered.
const START: Duration = Duration::from_secs(30);
const LOGGED: Duration = Duration::from_secs(10);

/// Where sqlx puts notices, and where the span is that names the request.
const LOG: &str = "warn,http_kit::telemetry=info,sqlx::postgres::notice=trace";

/// Something to ask for.
#[derive(Clone, Debug)]
pub struct Ask {
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    /// Who asks; `None` for a stranger.
    pub caller: Option<Uuid>,
}

/// An answer, and what the database did for it.
pub struct Call {
    pub status: StatusCode,
    pub body: Value,
    pub statements: Vec<Statement>,
}

impl Call {
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
    served: UnboundedReceiver<Served>,
    asked: u64,
    _broker: LocalBroker,
}

impl Service {
    /// On a database, and nothing else.
    ///
    /// # Errors
    /// When it does not start.
    pub async fn start(url: &str) -> anyhow::Result<Self> {
        let broker = LocalBroker::start().context("cannot start the Kafka broker")?;
        let (port, token) = (ports::any_free()?, secrets::random()?);
        let mut command = Command::new(program::promptforge()?);
        command.args(["serve", Process::Prompt.name()]);
        for name in private() {
            command.env_remove(name);
        }
        let mut child = command
            .env("PORT", port.to_string())
            .env("DATABASE_URL", watched(url)?)
            .env("MONGODB_URI", format!("mongodb://{NOWHERE}"))
            .env("KAFKA_BROKERS", broker.address())
            .env("USER_SERVICE_URL", format!("http://{NOWHERE}"))
            .env("INTERNAL_TOKEN", &token)
            .env("RUST_LOG", LOG)
            .env("LOG_FORMAT", "json")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .context("cannot start the prompt service")?;
        let log = child.stdout.take().context("the prompt service has no output")?;
        let (sender, served) = unbounded_channel();
        tokio::spawn(read(log, sender));
        let base = format!("http://127.0.0.1:{port}");
        let http = reqwest::Client::builder().no_proxy().build()?;
        let mut service = Self { child, base, token, http, served, asked: 0, _broker: broker };
        service.until_ready().await?;
        Ok(service)
    }

    async fn until_ready(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + START;
        let url = format!("{}/health/ready", self.base);
        while !self.http.get(&url).send().await.is_ok_and(|answer| answer.status().is_success()) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the prompt service does not start: {status}");
            }
            ensure!(Instant::now() < deadline, "the prompt service is not ready after {START:?}");
            sleep(Duration::from_millis(50)).await;
        }
        Ok(())
    }

    /// Asks, and waits until the service has logged what it did.
    ///
    /// # Errors
    /// When there is no answer, or nothing in the log.
    pub async fn call(&mut self, ask: &Ask) -> anyhow::Result<Call> {
        self.asked += 1;
        let id = format!("bench-{}", self.asked);
        let mut request = self
            .http
            .get(format!("{}{}", self.base, ask.path))
            .query(&ask.query)
            .header("x-request-id", &id)
            .header(&X_INTERNAL_TOKEN, &self.token);
        if let Some(caller) = ask.caller {
            request = request
                .header(&X_USER_ID, caller.to_string())
                .header(&X_USERNAME, "bench")
                .header(&X_USER_ROLES, "USER");
        }
        let answer = request.send().await.context("the prompt service does not answer")?;
        let status = answer.status();
        let body = answer.json().await.unwrap_or(Value::Null);
        let statements = timeout(LOGGED, async {
            loop {
                match self.served.recv().await {
                    Some(served) if served.request_id == id => return Some(served.statements),
                    // Of the calls for readiness.
                    Some(_) => {}
                    None => return None,
                }
            }
        });
        let statements = statements.await.ok().flatten().context("the service's log has ended")?;
        Ok(Call { status, body, statements })
    }

    /// Asks it to end, and makes it when it has not in time.
    pub async fn stop(mut self) {
        if let Some(pid) = self.child.id() {
            process::send(pid, Signal::TERM);
        }
        if timeout(PATIENCE, self.child.wait()).await.is_err() {
            let _ = self.child.kill().await;
        }
    }
}

/// A request that was served.
struct Served {
    request_id: String,
    statements: Vec<Statement>,
}

/// A line of the service's log, as far as it matters here.
#[derive(Deserialize)]
struct Line {
    target: String,
    #[serde(default)]
    message: String,
    span: Option<Span>,
}

#[derive(Deserialize)]
struct Span {
    #[serde(default)]
    request_id: String,
}

/// Gathers what Postgres said during each request. One is served at a time.
async fn read(log: ChildStdout, sender: UnboundedSender<Served>) {
    let mut lines = BufReader::new(log).lines();
    let mut statements = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        let Ok(Line { target, message, span: Some(span) }) = serde_json::from_str(&line) else {
            // Not of a request: the service's own upkeep.
            continue;
        };
        if target == "sqlx::postgres::notice" {
            note(&mut statements, &message);
        } else if message == "served" {
            let statements = std::mem::take(&mut statements);
            if sender.send(Served { request_id: span.request_id, statements }).is_err() {
                return;
            }
        }
    }
}
