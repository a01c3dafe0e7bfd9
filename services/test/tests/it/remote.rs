//! Servers that stand in for providers: they answer in the shapes that the public APIs have.

use std::{
    convert::Infallible,
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, body::Body, response::Response, routing::post};
use bytes::Bytes;
use futures_util::{FutureExt, Stream, StreamExt, stream};
use http::header;
use serde_json::{Value, json};
use sqlx::{PgPool, query_scalar};
use testkit::{Client, TestApp, user};
use tokio::{net::TcpListener, time::sleep};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::support::{create, start_with};

/// What the fixtures say that the key is.
pub const KEY: &str = "sk-test-0123456789abcdefKEY";

/// What all fixtures of whole answers say.
pub const TEXT: &str = "Hello there, мир! 👋";

#[macro_export]
macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../../crates/model-client/tests/fixtures/",
            $name
        ))
    };
}

/// A stream of events.
pub fn events(body: &str) -> ResponseTemplate {
    ResponseTemplate::new(200).set_body_raw(body, "text/event-stream; charset=utf-8")
}

/// A refusal.
pub fn refusal(status: u16, body: &str) -> ResponseTemplate {
    ResponseTemplate::new(status).set_body_raw(body, "application/json")
}

/// A provider that gives these answers in a row, and the last one ever after.
pub async fn provider(answers: impl IntoIterator<Item = ResponseTemplate>) -> MockServer {
    let server = MockServer::start().await;
    let mut answers = answers.into_iter().peekable();
    while let Some(answer) = answers.next() {
        let mock = Mock::given(any()).respond_with(answer);
        let mock = if answers.peek().is_some() { mock.up_to_n_times(1) } else { mock };
        mock.mount(&server).await;
    }
    server
}

/// What the provider was asked, in a row.
pub async fn asked(server: &MockServer) -> Vec<Request> {
    server.received_requests().await.unwrap()
}

pub fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

/// The service, with the provider whose settings begin so at this address.
pub async fn start_at(pool: &PgPool, prefix: &str, url: &str) -> TestApp {
    start_at_with(pool, prefix, url, &[]).await
}

pub async fn start_at_with(
    pool: &PgPool,
    prefix: &str,
    url: &str,
    more: &[(&str, &str)],
) -> TestApp {
    let (base_url, key) = (format!("{prefix}_BASE_URL"), format!("{prefix}_API_KEY"));
    let own = [(base_url.as_str(), url), (key.as_str(), KEY)];
    let settings: Vec<_> = own.iter().chain(more).copied().collect();
    start_with(pool, &settings).await
}

/// Someone who waits for the finished test.
pub fn patient(app: &TestApp) -> Client {
    app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=30")
}

/// The test of a prompt on this model, finished.
pub async fn run(app: &TestApp, provider: &str, model: &str) -> Value {
    create(&patient(app), question(provider, model)).await
}

pub fn question(provider: &str, model: &str) -> Value {
    json!({
        "promptContent": "Greet {{name}}.", "variables": {"name": "мир"},
        "modelProvider": provider, "modelName": model,
    })
}

/// No row has the key, or what begins or ends it, in any column; and no answer was given that does.
pub async fn assert_no_key(pool: &PgPool, test: &Value) {
    for part in [KEY, "sk-test-0123", "cdefKEY"] {
        let rows: i64 = query_scalar("select count(*) from tests t where strpos(t::text, $1) > 0")
            .bind(part)
            .fetch_one(pool)
            .await
            .unwrap();
        assert_eq!(rows, 0, "{part}");
        assert!(!test.to_string().contains(part), "{part} in {test}");
    }
}

/// A provider that sends these pieces and then does not go on: it hangs, or drops the connection.
pub async fn stalling(pieces: &'static [&'static str], drops: bool) -> String {
    serving(move || {
        let sent = stream::iter(pieces).map(|piece| Ok(Bytes::from_static(piece.as_bytes())));
        let rest = if drops {
            // What is sent goes out before the connection does.
            let gone = sleep(Duration::from_millis(100)).map(|()| Err(io::Error::other("gone")));
            stream::once(gone).left_stream()
        } else {
            stream::pending().right_stream()
        };
        sent.chain(rest)
    })
    .await
}

/// A provider that sends this piece for ever.
pub async fn endless(piece: String) -> String {
    let piece = Bytes::from(piece);
    serving(move || stream::repeat(piece.clone()).map(Ok::<_, Infallible>)).await
}

/// A provider that takes a while for each answer, and counts how many it is asked for at once.
pub struct Crowd {
    pub url: String,
    most: Arc<AtomicUsize>,
}

impl Crowd {
    pub async fn start(takes: Duration) -> Self {
        let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
        let seen = most.clone();
        let url = serving(move || {
            most.fetch_max(now.fetch_add(1, SeqCst) + 1, SeqCst);
            let now = now.clone();
            stream::once(async move {
                sleep(takes).await;
                now.fetch_sub(1, SeqCst);
                Ok::<_, Infallible>(Bytes::from_static(fixture!("openai/answer.sse").as_bytes()))
            })
        })
        .await;
        Self { url, most: seen }
    }

    pub fn most(&self) -> usize {
        self.most.load(SeqCst)
    }
}

/// A provider with one slot: each request breaks off the answer to the one before.
pub async fn interrupting() -> String {
    let latest = Arc::new(AtomicUsize::new(0));
    serving(move || {
        let latest = latest.clone();
        let this = latest.fetch_add(1, SeqCst) + 1;
        let half = stream::iter([Ok(Bytes::from_static(
            b"data: {\"choices\":[{\"delta\":{\"content\":\"Half\"}}]}\n\n",
        ))]);
        half.chain(stream::once(async move {
            sleep(Duration::from_millis(200)).await;
            match latest.load(SeqCst) == this {
                true => Ok(Bytes::from_static(fixture!("openai/answer.sse").as_bytes())),
                false => Err(io::Error::other("interrupted")),
            }
        }))
    })
    .await
}

async fn serving<S, E>(stream: impl Fn() -> S + Clone + Send + Sync + 'static) -> String
where
    S: Stream<Item = Result<Bytes, E>> + Send + 'static,
    E: Into<axum::BoxError> + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let answer = move || async move {
        Response::builder()
            .header(header::CONTENT_TYPE, "text/event-stream")
            .body(Body::from_stream(stream()))
            .unwrap()
    };
    let router = Router::new().route("/{*path}", post(answer));
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

/// A wait that no test here needs in full.
pub const LONG: Duration = Duration::from_secs(30);
