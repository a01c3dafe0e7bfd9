//! Clients of HTTP/2, over TLS and without it.

use std::{convert::Infallible, sync::atomic::Ordering, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, Method, Request, Response},
    routing::get,
};
use futures_util::{StreamExt, future::join_all, stream};
use h2::client::SendRequest;
use http_body_util::StreamBody;
use hyper::body::Frame;
use serde_json::Value;
use testkit::{TestApp, eventually};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::{
    certificates::{Pair, secured, tcp},
    support::{StandIn, gateway},
};

/// A client's end of a connection.
pub type Sender = SendRequest<Bytes>;

/// Begins with HTTP/2 on a connection.
pub async fn speak(io: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Sender {
    let (sender, connection) = h2::client::handshake(io).await.unwrap();
    tokio::spawn(connection);
    sender.ready().await.unwrap()
}

pub async fn without_tls(gateway: &TestApp) -> Sender {
    speak(tcp(gateway).await).await
}

pub fn get_request(path: &str) -> Request<()> {
    Request::get(format!("https://api.example{path}")).body(()).unwrap()
}

/// Reads all of a body, and the trailers after it.
pub async fn read(response: Response<h2::RecvStream>) -> (u16, Vec<u8>, Option<HeaderMap>) {
    let (head, mut body) = response.into_parts();
    let mut bytes = Vec::new();
    while let Some(data) = body.data().await {
        let data = data.unwrap();
        body.flow_control().release_capacity(data.len()).unwrap();
        bytes.extend_from_slice(&data);
    }
    (head.status.as_u16(), bytes, body.trailers().await.unwrap())
}

/// Sends a request with a body, if there is any, and returns the status and body of the answer.
pub async fn ask(sender: &Sender, request: Request<()>, body: &[u8]) -> (u16, Vec<u8>) {
    let mut sender = sender.clone().ready().await.unwrap();
    let (answer, mut upload) = sender.send_request(request, body.is_empty()).unwrap();
    if !body.is_empty() {
        upload.send_data(Bytes::copy_from_slice(body), true).unwrap();
    }
    let (status, bytes, _) = read(answer.await.unwrap()).await;
    (status, bytes)
}

#[tokio::test]
async fn a_request_reaches_its_service_as_one_of_http_1_1() {
    let pair = Pair::new();
    let (gateway, _prompts) = secured(&pair, &[]).await;
    let stream = pair.connect(&gateway, &["h2", "http/1.1"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let sender = speak(stream).await;
    let request = Request::post("https://api.example/prompts?a=b")
        .header("cookie", "one=1")
        .header("cookie", "two=2; three=3")
        .header("te", "trailers")
        .header("x-internal-token", "forged")
        .body(())
        .unwrap();
    // Larger than any window.
    let (status, answer) = ask(&sender, request, &vec![b'x'; 900_000]).await;
    let seen: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &seen["bytes"], &seen["method"]), (200, &900_000.into(), &"POST".into()));
    assert_eq!(seen["target"], "/prompts?a=b");
    let headers = &seen["headers"];
    assert_eq!(headers["cookie"], "one=1; two=2; three=3");
    assert_eq!(headers["x-forwarded-host"], "api.example");
    assert_eq!(headers["x-forwarded-proto"], "https");
    assert!(headers.get("te").is_none() && headers["x-internal-token"] != "forged");
}

#[tokio::test]
async fn a_client_without_tls_may_begin_with_http_2() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let sender = without_tls(&gateway).await;
    let (status, answer) = ask(&sender, get_request("/prompts/category/A%2FB"), b"").await;
    let seen: Value = serde_json::from_slice(&answer).unwrap();
    assert_eq!((status, &seen["target"]), (200, &"/prompts/category/A%2FB".into()));
    assert_eq!(seen["headers"]["x-forwarded-proto"], "http");
    // Paths are judged as ever, and the gateway's own pages are there.
    for (path, expected) in
        [("/prompts/../internal", 400), ("/internal/users", 404), ("/health", 200)]
    {
        assert_eq!(ask(&sender, get_request(path), b"").await.0, expected, "{path}");
    }
}

#[tokio::test]
async fn many_requests_of_one_connection_run_at_once() {
    let all = std::sync::Arc::new(tokio::sync::Barrier::new(50));
    let waiting = Router::new().route(
        "/prompts/public",
        get(move || async move {
            all.wait().await;
            "together"
        }),
    );
    let prompts = StandIn::start(waiting).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let sender = without_tls(&gateway).await;
    let asked = (0..50).map(|_| ask(&sender, get_request("/prompts/public"), b""));
    for (status, body) in join_all(asked).await {
        assert_eq!((status, body.as_slice()), (200, &b"together"[..]));
    }
}

#[tokio::test]
async fn a_host_that_differs_from_the_authority_and_a_tunnel_are_refused() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let sender = without_tls(&gateway).await;
    let with_host = |host: &str| {
        let request = Request::get("https://api.example/prompts/public").header("host", host);
        request.body(()).unwrap()
    };
    assert_eq!(ask(&sender, with_host("API.example"), b"").await.0, 200);
    let (status, body) = ask(&sender, with_host("other.example"), b"").await;
    let text = String::from_utf8(body).unwrap();
    assert!(status == 400 && text.contains("BAD_HOST"), "{status} {text}");
    let tunnel = Request::builder().method(Method::CONNECT).uri("api.example:443");
    let (status, _) = ask(&sender, tunnel.body(()).unwrap(), b"").await;
    assert_eq!(status, 405);
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn an_answer_arrives_whole_without_the_headers_of_its_connection() {
    let answering = Router::new().route(
        "/prompts/public",
        get(|| async {
            let mut trailers = HeaderMap::new();
            trailers.insert("x-checksum", "7".parse().unwrap());
            let frames = [Frame::data(Bytes::from("data")), Frame::trailers(trailers)];
            let frames = stream::iter(frames.map(Ok::<_, Infallible>));
            let headers = [("trailer", "x-checksum"), ("keep-alive", "timeout=5")];
            (headers, Body::new(StreamBody::new(frames)))
        }),
    );
    let prompts = StandIn::start(answering).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let mut sender = without_tls(&gateway).await;
    let (answer, _) = sender.send_request(get_request("/prompts/public"), true).unwrap();
    let answer = answer.await.unwrap();
    assert!(!answer.headers().contains_key("keep-alive"), "{:?}", answer.headers());
    let (status, body, trailers) = read(answer).await;
    assert_eq!((status, body.as_slice()), (200, &b"data"[..]));
    // A service of ours sends them to those who say that they take them; the answer is whole without.
    assert_eq!(trailers, None);
}

#[tokio::test]
async fn a_client_that_takes_its_request_back_ends_the_work_on_it() {
    let working = std::sync::Arc::new(());
    let counted = working.clone();
    let router = Router::new().route(
        "/prompts/stream",
        get(move || async move {
            let first = stream::iter([Ok::<_, Infallible>(Bytes::from("word"))]);
            Body::from_stream(first.chain(stream::pending()).map(move |word| {
                let _ = &counted;
                word
            }))
        }),
    );
    let prompts = StandIn::start(router).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let mut sender = without_tls(&gateway).await;
    let idle = std::sync::Arc::strong_count(&working);
    let (answer, upload) = sender.send_request(get_request("/prompts/stream"), true).unwrap();
    let mut body = answer.await.unwrap().into_body();
    assert_eq!(body.data().await.unwrap().unwrap(), "word");
    assert!(std::sync::Arc::strong_count(&working) > idle);
    drop((body, upload));
    eventually("the work to end", || async {
        (std::sync::Arc::strong_count(&working) == idle).then_some(())
    })
    .await;
    // The connection goes on.
    assert_eq!(ask(&sender, get_request("/health"), b"").await.0, 200);
}

#[tokio::test]
async fn an_idle_connection_is_told_to_go_and_a_busy_one_is_not() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let (sender, connection) = h2::client::handshake(tcp(&gateway).await).await.unwrap();
    let connection = tokio::spawn(connection);
    let sender = sender.ready().await.unwrap();
    assert_eq!(ask(&sender, get_request("/prompts/public"), b"").await.0, 200);
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(70)).await;
    assert_eq!(ask(&sender, get_request("/prompts/public"), b"").await.0, 200);
    tokio::time::sleep(Duration::from_secs(80)).await;
    connection.await.unwrap().unwrap();
}
