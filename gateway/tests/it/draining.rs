//! The end of a gateway: it says so first, then takes no more, and cuts nothing off.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures_util::{StreamExt, stream};
use gateway::LimitClock;
use h2::Reason;
use testkit::{TestApp, eventually};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{mpsc, oneshot},
};

use crate::{
    certificates::tcp,
    http2::{ask, get_request, read, without_tls},
    support::{StandIn, gateway, gateway_with},
};

/// Starts a gateway that goes on for an hour after it was asked to stop.
async fn patient(prompts: &StandIn) -> TestApp {
    let settings = [("RATE_LIMIT_PROFILE", "off"), ("DRAIN_DELAY_SECONDS", "300")];
    gateway_with(&[("PROMPT", &prompts.url)], &settings, LimitClock::default()).await
}

/// Sends a request on a connection, and returns the answer as far as its first bytes.
async fn exchange(stream: &mut TcpStream, path: &str) -> String {
    let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
    exchange_bytes(stream, request.as_bytes()).await
}

async fn exchange_bytes(stream: &mut TcpStream, request: &[u8]) -> String {
    stream.write_all(request).await.unwrap();
    let mut answer = vec![0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).to_lowercase()
}

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

#[tokio::test]
async fn for_some_seconds_it_is_not_ready_and_answers_all_the_same() {
    let prompts = StandIn::echo().await;
    let gateway = patient(&prompts).await;
    let url = gateway.url.clone();
    let mut open = connect(&url).await;
    let before = exchange(&mut open, "/prompts/public").await;
    assert!(before.starts_with("http/1.1 200 ") && !before.contains("connection: close"));
    // Asks it to stop.
    drop(gateway);
    let ready = format!("{url}/health/ready");
    let refused = eventually("readiness to say so", || async {
        let answer = reqwest::get(&ready).await.unwrap();
        // Without keys it is never ready; only a body of this kind says why.
        (answer.headers().get("connection")?.to_str().unwrap() == "close").then_some(answer)
    })
    .await;
    assert_eq!(refused.status(), 503);
    // A connection that was open, and a new one.
    let answer = exchange(&mut open, "/prompts/public").await;
    assert!(answer.starts_with("http/1.1 200 ") && answer.contains("connection: close"));
    assert_eq!(open.read(&mut [0; 1]).await.unwrap(), 0);
    let answer = exchange(&mut connect(&url).await, "/prompts/public").await;
    assert!(answer.starts_with("http/1.1 200 ") && answer.contains("connection: close"));
}

#[tokio::test]
async fn connections_of_http_2_are_told_to_go_after_what_is_open() {
    let (release, released) = oneshot::channel::<()>();
    let released = Arc::new(Mutex::new(Some(released)));
    let slow = Router::new().route("/prompts/public", get(|| async { "quick" })).route(
        "/prompts/slow",
        get(move || {
            let released = released.lock().unwrap().take().unwrap();
            async move {
                released.await.unwrap();
                "whole"
            }
        }),
    );
    let prompts = StandIn::start(slow).await;
    let gateway = patient(&prompts).await;
    let (sender, connection) = h2::client::handshake(tcp(&gateway).await).await.unwrap();
    let connection = tokio::spawn(connection);
    let mut sender = sender.ready().await.unwrap();
    let (answer, _) = sender.send_request(get_request("/prompts/slow"), true).unwrap();
    eventually("the request to arrive", || async {
        (prompts.hits.load(std::sync::atomic::Ordering::Relaxed) > 0).then_some(())
    })
    .await;
    let url = gateway.url.clone();
    drop(gateway);
    // Refused by the client itself, which has been told.
    eventually("the connection to take no more", || async {
        let mut sender = sender.clone().ready().await.err();
        sender.take().map(|error| assert_eq!(error.reason(), Some(Reason::NO_ERROR)))
    })
    .await;
    release.send(()).unwrap();
    let (status, body, _) = read(answer.await.unwrap()).await;
    assert_eq!((status, body.as_slice()), (200, &b"whole"[..]));
    connection.await.unwrap().unwrap();
    // A new one is served once, and told as well.
    let stream = connect(&url).await;
    let (sender, connection) = h2::client::handshake(stream).await.unwrap();
    let connection = tokio::spawn(connection);
    assert_eq!(ask(&sender, get_request("/prompts/public"), b"").await.0, 200);
    connection.await.unwrap().unwrap();
}

#[tokio::test]
async fn streams_end_with_a_word_and_requests_with_their_answer() {
    let (service, frames) = mpsc::channel::<&'static str>(1);
    let (release, released) = oneshot::channel::<()>();
    let once = Arc::new(Mutex::new(Some((frames, released))));
    let (mut frames, released) = once.lock().unwrap().take().unwrap();
    let events = stream::poll_fn(move |context| frames.poll_recv(context));
    let parts = Arc::new(Mutex::new((Some(events), Some(released))));
    let waiting = parts.clone();
    let router = Router::new()
        .route(
            "/prompts/events",
            get(move || {
                let events = parts.lock().unwrap().0.take().unwrap();
                let body = Body::from_stream(events.map(Ok::<_, Infallible>));
                async move { ([("content-type", "text/event-stream")], body) }
            }),
        )
        .route(
            "/prompts/slow",
            get(move || {
                let released = waiting.lock().unwrap().1.take().unwrap();
                async move {
                    released.await.unwrap();
                    "whole"
                }
            }),
        );
    let prompts = StandIn::start(router).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let url = gateway.url.clone();
    let mut events = reqwest::get(format!("{url}/prompts/events")).await.unwrap();
    service.send("data: 1\n\ndata:").await.unwrap();
    assert_eq!(events.chunk().await.unwrap().unwrap(), "data: 1\n\ndata:");
    let slow = tokio::spawn(reqwest::get(format!("{url}/prompts/slow")));
    eventually("both to arrive", || async {
        (prompts.hits.load(std::sync::atomic::Ordering::Relaxed) == 2).then_some(())
    })
    .await;
    drop(gateway);
    eventually("nobody to listen", || async {
        TcpStream::connect(url.trim_start_matches("http://")).await.is_err().then_some(())
    })
    .await;
    // The event that had begun comes first.
    service.send(" 2\n\n").await.unwrap();
    let mut rest = Vec::new();
    while let Some(chunk) = events.chunk().await.unwrap() {
        rest.extend_from_slice(&chunk);
    }
    assert_eq!(rest, Bytes::from(" 2\n\n: the gateway is stopping; connect again\n\n"));
    release.send(()).unwrap();
    assert_eq!(slow.await.unwrap().unwrap().text().await.unwrap(), "whole");
}

#[tokio::test]
async fn a_stream_over_http_2_ends_with_a_word_too() {
    let router = Router::new().route(
        "/prompts/events",
        get(|| async {
            let first = stream::iter([Ok::<_, Infallible>("data: 1\n\n")]);
            let body = Body::from_stream(first.chain(stream::pending()));
            ([("content-type", "text/event-stream")], body)
        }),
    );
    let prompts = StandIn::start(router).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let mut sender = without_tls(&gateway).await;
    let (answer, _) = sender.send_request(get_request("/prompts/events"), true).unwrap();
    let answer = answer.await.unwrap();
    let stopped = tokio::spawn(gateway.stop());
    let (_, body, _) = read(answer).await;
    assert_eq!(body, b"data: 1\n\n: the gateway is stopping; connect again\n\n");
    stopped.await.unwrap();
}

#[tokio::test]
async fn an_idle_connection_outlives_those_of_balancers_and_not_by_much() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let mut open = connect(&gateway.url).await;
    assert!(exchange(&mut open, "/prompts/public").await.starts_with("http/1.1 200 "));
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(70)).await;
    assert!(exchange(&mut open, "/prompts/public").await.starts_with("http/1.1 200 "));
    tokio::time::sleep(Duration::from_secs(80)).await;
    assert_eq!(open.read(&mut [0; 1]).await.unwrap(), 0);
}

#[tokio::test]
async fn a_head_that_comes_bit_by_bit_is_not_waited_for_as_long() {
    let prompts = StandIn::echo().await;
    let settings = [("RATE_LIMIT_PROFILE", "off"), ("IDLE_TIMEOUT_SECONDS", "3600")];
    let gateway = gateway_with(&[("PROMPT", &prompts.url)], &settings, LimitClock::default()).await;
    let mut open = connect(&gateway.url).await;
    // A request before it makes it no different.
    assert!(exchange(&mut open, "/prompts/public").await.starts_with("http/1.1 200 "));
    let (mut reader, mut writer) = open.into_split();
    writer.write_all(b"GET /prompts/public HTTP/1.1\r\nHost: x\r\nX: ").await.unwrap();
    let mut bits = 0;
    let ended = tokio::spawn(async move { reader.read(&mut [0; 1]).await.unwrap_or(0) });
    eventually("the connection to end", || {
        bits += 1;
        let is_over = ended.is_finished();
        assert!(bits < 500, "it took {bits} bits in {} s", 3 * bits);
        // Time jumps, between moments in which the bit can arrive.
        let is_cut_off = writer.try_write(b"x").is_err();
        async move {
            tokio::time::pause();
            tokio::time::sleep(Duration::from_secs(3)).await;
            tokio::time::resume();
            (is_over || is_cut_off).then_some(())
        }
    })
    .await;
}

#[tokio::test]
async fn a_request_after_a_slow_upload_and_a_pause_is_answered() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let mut open = connect(&gateway.url).await;
    let head = "POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n";
    open.write_all(head.as_bytes()).await.unwrap();
    eventually("the request to arrive", || async {
        (prompts.hits.load(std::sync::atomic::Ordering::Relaxed) > 0).then_some(())
    })
    .await;
    tokio::time::pause();
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_secs(6)).await;
        open.write_all(b"x").await.unwrap();
    }
    tokio::time::resume();
    let answer = exchange_bytes(&mut open, b"x").await;
    assert!(answer.starts_with("http/1.1 200 "), "{answer}");
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(40)).await;
    tokio::time::resume();
    let request = b"GET /prompts/public HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    open.write_all(&request[..10]).await.unwrap();
    let answer = exchange_bytes(&mut open, &request[10..]).await;
    assert!(answer.starts_with("http/1.1 200 "), "{answer}");
}
