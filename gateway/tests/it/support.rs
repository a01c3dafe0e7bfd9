//! A gateway with stand-ins for the services behind it.

use std::{
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use auth::{Role, Signer, token::Audience};
use axum::{
    Json, Router,
    body::{Body, Bytes},
    extract::Request,
    http::{HeaderMap, Method, Uri},
    response::{IntoResponse, Response},
    routing::get,
};
use futures_util::stream;
use gateway::{Config, LimitClock};
use http_kit::config::Env;
use ids::{SessionId, UserId};
use internal_api::user::revocations::{HEARTBEAT, Line, PATH};
use serde_json::{Value, json};
use testkit::{Client, INTERNAL_TOKEN, TestApp};
use tokio::{net::TcpListener, sync::watch, task::JoinHandle};

/// An address at which nothing listens.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// The page that the gateway's checks ask for; they are not counted as requests.
pub const HEALTH_PATH: &str = "/health/ready";

/// A service behind the gateway that answers with the request that it received.
pub struct StandIn {
    pub url: String,
    pub hits: Arc<AtomicUsize>,
    task: JoinHandle<()>,
}

impl StandIn {
    pub async fn start(router: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let hits = Arc::new(AtomicUsize::new(0));
        let counted = hits.clone();
        let router = router.layer(axum::middleware::from_fn(
            move |request: Request, next: axum::middleware::Next| {
                if request.uri().path() != HEALTH_PATH {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                next.run(request)
            },
        ));
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, hits, task }
    }

    pub async fn echo() -> Self {
        Self::start(Router::new().fallback(echo)).await
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let mut named = serde_json::Map::new();
    for (name, value) in &headers {
        named.insert(name.to_string(), json!(value.to_str().unwrap()));
    }
    Json(json!({
        "method": method.as_str(), "target": uri.to_string(), "headers": named, "bytes": body.len(),
    }))
}

/// Serves the user service's keys.
pub fn keys(signer: &Signer) -> Router {
    let set = serde_json::to_value(signer.jwks()).unwrap();
    Router::new().route("/.well-known/jwks.json", get(move || async move { Json(set) }))
}

/// Serves a list of revoked sessions like the user service: all of it whenever it changes, and a
/// heartbeat now and then.
pub fn revocations(list: &watch::Sender<Vec<SessionId>>) -> Router {
    let list = list.subscribe();
    let tell = async move || {
        let lines = stream::unfold(list.clone(), async |mut list| {
            let revoked = list.borrow_and_update().iter().map(|sid| (*sid, i64::MAX)).collect();
            let mut line = serde_json::to_vec(&Line { revoked, complete: true }).unwrap();
            line.push(b'\n');
            let _ = tokio::time::timeout(HEARTBEAT, list.changed()).await;
            Some((Ok::<_, Infallible>(line), list))
        });
        Body::from_stream(lines)
    };
    Router::new().route(PATH, get(tell))
}

pub fn signer() -> Signer {
    signer_for("promptforge")
}

pub fn signer_for(audience: &str) -> Signer {
    let audience = Audience { issuer: "promptforge".to_owned(), audience: audience.to_owned() };
    Signer::from_pem(&testkit::signing_key(), audience).unwrap()
}

pub fn token(signer: &Signer, roles: &[Role]) -> (UserId, String) {
    let id = UserId::new();
    (id, signer.sign(id, "ada", roles, SessionId::new()).unwrap())
}

/// Starts a gateway before these addresses; the other services lead nowhere. Nothing is limited.
pub async fn gateway(upstreams: &[(&str, &str)]) -> TestApp {
    gateway_with(upstreams, &[("RATE_LIMIT_PROFILE", "off")], LimitClock::default()).await
}

/// Starts a gateway with settings that `read` changes. Nothing is limited.
pub async fn gateway_reading(
    upstreams: &[(&str, &str)],
    read: impl FnOnce(&mut Env) -> Config,
) -> TestApp {
    start_gateway(upstreams, &[("RATE_LIMIT_PROFILE", "off")], read).await
}

/// Starts a gateway with more settings, and a clock for its limits.
pub async fn gateway_with(
    upstreams: &[(&str, &str)],
    more: &[(&str, &str)],
    limit_clock: LimitClock,
) -> TestApp {
    gateway_tuned(upstreams, more, |config| config.limit_clock = limit_clock).await
}

/// Starts a gateway with more settings, and what no setting says.
pub async fn gateway_tuned(
    upstreams: &[(&str, &str)],
    more: &[(&str, &str)],
    tune: impl FnOnce(&mut Config),
) -> TestApp {
    let read = |env: &mut Env| {
        let mut config = Config::read(env);
        tune(&mut config);
        config
    };
    start_gateway(upstreams, more, read).await
}

async fn start_gateway(
    upstreams: &[(&str, &str)],
    more: &[(&str, &str)],
    read: impl FnOnce(&mut Env) -> Config,
) -> TestApp {
    let own = [("INTERNAL_TOKEN", INTERNAL_TOKEN), ("DRAIN_DELAY_SECONDS", "0")];
    let mut settings: Vec<_> = own.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
    settings.extend(more.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    for service in ["USER", "PROMPT", "TEST", "MARKETPLACE", "ANALYTICS"] {
        let url =
            upstreams.iter().find(|(name, _)| *name == service).map_or(NOWHERE, |(_, url)| url);
        settings.push((format!("{service}_SERVICE_URL"), url.to_owned()));
    }
    TestApp::start(settings, read, gateway::run).await
}

/// Starts a gateway with keys and an echoing prompt service.
pub struct Fixture {
    pub gateway: TestApp,
    pub prompts: StandIn,
    pub signer: Signer,
    _users: StandIn,
}

pub async fn start() -> Fixture {
    let signer = signer();
    let users = StandIn::start(keys(&signer)).await;
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("USER", &users.url), ("PROMPT", &prompts.url)]).await;
    Fixture { gateway, prompts, signer, _users: users }
}

impl Fixture {
    pub fn client(&self) -> Client {
        self.gateway.anonymous()
    }
}

/// Makes an answer that takes its time.
pub async fn slow() -> Response {
    tokio::time::sleep(Duration::from_secs(3600)).await;
    "too late".into_response()
}
