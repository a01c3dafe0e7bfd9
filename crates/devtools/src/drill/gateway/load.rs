//! Requests at a steady rate, as clients behind a balancer of two gateways send them.

use std::{
    sync::{
        Arc, PoisonError, RwLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, ensure};
use promptforge::fleet::Process;
use reqwest::{Client, Method, StatusCode};
use serde_json::{Value, json};
use tokio::{
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};
use tokio_util::sync::CancellationToken;

use super::{
    environment::Environment,
    samples::{Route, Sample},
};

/// The number of clients that send one kind of request.
const CLIENTS: u32 = 2;

/// The pause of a client between two writes.
const WRITE_PAUSE: Duration = Duration::from_millis(100);

/// The time for which a client waits for an answer.
const PATIENCE: Duration = Duration::from_secs(20);

/// Running clients.
pub struct Load {
    stop: CancellationToken,
    tasks: JoinSet<Vec<Sample>>,
    session: Session,
}

/// The parts of a session that its clients share.
#[derive(Clone)]
pub struct Session {
    gateways: Arc<[String; 2]>,
    /// The gateway that clients try first.
    current: Arc<AtomicUsize>,
    token: Arc<RwLock<String>>,
    http: Client,
}

/// A request that is sent again and again.
#[derive(Clone)]
struct Plan {
    route: Route,
    path: String,
    is_signed_in: bool,
}

impl Load {
    /// Registers a user, who creates a prompt, and starts clients.
    ///
    /// # Errors
    /// When the fleet does not serve.
    pub async fn start(environment: &Environment, rate: u32) -> anyhow::Result<Self> {
        let session = Session {
            gateways: Arc::new(environment.gateway_urls()),
            current: Arc::default(),
            token: Arc::default(),
            http: Client::builder().no_proxy().timeout(PATIENCE).build()?,
        };
        session.register().await?;
        let (status, prompt) = session.call(Method::POST, "/prompts", Some(prompt())).await?;
        ensure!(status == StatusCode::CREATED, "no prompt: {status} {prompt}");
        let id = prompt["id"].as_str().context("a prompt without an id")?;
        let reads = [
            (Process::Prompt, "/prompts/public?size=20".to_owned(), false),
            (Process::Prompt, format!("/prompts/{id}"), false),
            (Process::Prompt, "/prompts/my-prompts".to_owned(), true),
            (Process::User, "/users/me".to_owned(), true),
            (Process::Marketplace, "/api/marketplace/listings".to_owned(), false),
            (Process::Analytics, "/analytics/trending".to_owned(), false),
        ];
        let pause = Duration::from_secs(1) * reads.len() as u32 * CLIENTS / rate;
        let mut load = Self { stop: CancellationToken::new(), tasks: JoinSet::new(), session };
        for (service, path, is_signed_in) in reads {
            let plan = Plan { route: Route { service, is_write: false }, path, is_signed_in };
            for _ in 0..CLIENTS {
                load.spawn(plan.clone(), pause)?;
            }
        }
        let route = Route { service: Process::Prompt, is_write: true };
        load.spawn(Plan { route, path: "/prompts".to_owned(), is_signed_in: true }, WRITE_PAUSE)?;
        Ok(load)
    }

    pub fn session(&self) -> &Session {
        &self.session
    }

    fn spawn(&mut self, plan: Plan, pause: Duration) -> anyhow::Result<()> {
        // Each client has its own connections.
        let http = Client::builder().no_proxy().timeout(PATIENCE).build()?;
        let session = Session { http, ..self.session.clone() };
        self.tasks.spawn(send_often(session, plan, pause, self.stop.clone()));
        Ok(())
    }

    /// Waits until all clients have their answers, and returns what became of all requests.
    pub async fn stop(&mut self) -> Vec<Sample> {
        self.stop.cancel();
        let mut samples = Vec::new();
        while let Some(of_client) = self.tasks.join_next().await {
            samples.extend(of_client.unwrap_or_default());
        }
        samples
    }
}

async fn send_often(
    session: Session,
    plan: Plan,
    pause: Duration,
    stop: CancellationToken,
) -> Vec<Sample> {
    let mut samples = Vec::new();
    let mut ticks = interval(pause);
    // A client that waited for a slow answer does not send the rest at once.
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    while stop.run_until_cancelled(ticks.tick()).await.is_some() {
        let sent = Instant::now();
        let failure = session.send(&plan).await.err();
        samples.push(Sample { route: plan.route, sent, took: sent.elapsed(), failure });
    }
    samples
}

impl Session {
    async fn send(&self, plan: &Plan) -> Result<(), String> {
        let (method, body) = match plan.route.is_write {
            true => (Method::POST, Some(prompt())),
            false => (Method::GET, None),
        };
        let wanted = if plan.route.is_write { StatusCode::CREATED } else { StatusCode::OK };
        let token = plan.is_signed_in.then(|| self.token());
        let asked = self.request(method, &plan.path, token.as_deref(), body.as_ref());
        match timeout(PATIENCE, asked).await {
            Err(_) => Err("no answer in time".to_owned()),
            Ok(Err(error)) => Err(format!("{:#}", anyhow::Error::from(error))),
            Ok(Ok((status, _))) if status == wanted => Ok(()),
            Ok(Ok((status, answer))) => Err(format!("{status} {}", answer["code"])),
        }
    }

    /// Sends a request to the gateway that clients try first; where nothing listens there, to the other one.
    async fn request(
        &self,
        method: Method,
        path: &str,
        token: Option<&str>,
        body: Option<&Value>,
    ) -> reqwest::Result<(StatusCode, Value)> {
        let first = self.current.load(Ordering::Relaxed);
        let mut other = None;
        loop {
            let at = other.unwrap_or(first);
            let mut request =
                self.http.request(method.clone(), format!("{}{path}", self.gateways[at]));
            if let Some(token) = token {
                request = request.bearer_auth(token);
            }
            if let Some(body) = body {
                request = request.json(body);
            }
            match request.send().await {
                // Nothing was sent.
                Err(error) if error.is_connect() && other.is_none() => {
                    other = Some(1 - first);
                    self.current.store(1 - first, Ordering::Relaxed);
                }
                Err(error) => return Err(error),
                Ok(answer) => {
                    let status = answer.status();
                    let bytes = answer.bytes().await?;
                    return Ok((status, serde_json::from_slice(&bytes).unwrap_or_default()));
                }
            }
        }
    }

    /// Calls the fleet as the user.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn call(
        &self,
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> anyhow::Result<(StatusCode, Value)> {
        let token = Some(self.token()).filter(|token| !token.is_empty());
        Ok(self.request(method, path, token.as_deref(), body.as_ref()).await?)
    }

    async fn register(&self) -> anyhow::Result<()> {
        let account = json!({
            "username": "drill", "email": "drill@example.com", "password": PASSWORD,
            "firstName": "Ada", "lastName": "Drill",
        });
        self.take_token(self.call(Method::POST, "/auth/register", Some(account)).await?)
    }

    /// Signs in again; requests carry the new token from now on.
    ///
    /// # Errors
    /// When the user service refuses.
    pub async fn sign_in(&self) -> anyhow::Result<()> {
        let credentials = json!({"email": "drill@example.com", "password": PASSWORD});
        self.take_token(self.call(Method::POST, "/auth/login", Some(credentials)).await?)
    }

    fn take_token(&self, (status, answer): (StatusCode, Value)) -> anyhow::Result<()> {
        ensure!(status.is_success(), "no session: {status} {answer}");
        let token = answer["accessToken"].as_str().context("a session without a token")?;
        *self.token.write().unwrap_or_else(PoisonError::into_inner) = token.to_owned();
        Ok(())
    }

    pub fn token(&self) -> String {
        self.token.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

const PASSWORD: &str = "Drill-password-7";

fn prompt() -> Value {
    json!({
        "title": "A prompt of the drill", "content": "Summarise {{text}}.", "category": "Drill",
        "isPublic": true,
    })
}
