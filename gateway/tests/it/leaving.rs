//! Clients that leave, wait to be asked for their body, or take their time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures_util::{StreamExt, stream};
use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::support::{StandIn, gateway, start};

/// Counts the requests that a service is working on.
#[derive(Clone, Default)]
struct Working(Arc<AtomicUsize>);

struct Work(Working);

impl Working {
    fn begin(&self) -> Work {
        self.0.fetch_add(1, Ordering::Relaxed);
        Work(self.clone())
    }

    async fn becomes(&self, count: usize) {
        eventually("the work to begin or end", || async {
            (self.0.load(Ordering::Relaxed) == count).then_some(())
        })
        .await;
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn connect(url: &str) -> TcpStream {
    TcpStream::connect(url.trim_start_matches("http://")).await.unwrap()
}

async fn read_some(stream: &mut TcpStream) -> String {
    let mut answer = [0; 4096];
    let read = stream.read(&mut answer).await.unwrap();
    String::from_utf8_lossy(&answer[..read]).into_owned()
}

#[tokio::test]
async fn a_client_that_leaves_ends_the_work_on_its_request() {
    let working = Working::default();
    let (waiting, streaming) = (working.clone(), working.clone());
    let router = Router::new()
        .route(
            "/prompts/slow",
            get(move || async move {
                let _work = waiting.begin();
                std::future::pending::<()>().await;
            }),
        )
        .route(
            "/prompts/stream",
            get(move || async move {
                let work = streaming.begin();
                let words = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"word"))]);
                let rest = stream::pending();
                Body::from_stream(words.chain(rest).map(move |word| {
                    let _ = &work;
                    word
                }))
            }),
        );
    let prompts = StandIn::start(router).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    for path in ["/prompts/slow", "/prompts/stream"] {
        let mut client = connect(&gateway.url).await;
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n");
        client.write_all(request.as_bytes()).await.unwrap();
        working.becomes(1).await;
        if path.ends_with("stream") {
            assert!(read_some(&mut client).await.starts_with("HTTP/1.1 200 "));
        }
        drop(client);
        working.becomes(0).await;
    }
}

const EXPECTING: &str = "Host: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\
    Expect: 100-continue\r\n";

#[tokio::test]
async fn a_client_that_waits_to_be_asked_for_its_body_is_asked() {
    let fixture = start().await;
    let mut client = connect(&fixture.gateway.url).await;
    let head = format!("POST /prompts HTTP/1.1\r\n{EXPECTING}\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    assert_eq!(read_some(&mut client).await, "HTTP/1.1 100 Continue\r\n\r\n");
    client.write_all(b"{}").await.unwrap();
    let answer = read_some(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"bytes\":2"), "{answer}");
}

#[tokio::test]
async fn a_client_that_is_refused_is_not_asked_for_its_body() {
    let fixture = start().await;
    let mut client = connect(&fixture.gateway.url).await;
    let head = format!("POST /prompts HTTP/1.1\r\n{EXPECTING}Authorization: Bearer bad\r\n\r\n");
    client.write_all(head.as_bytes()).await.unwrap();
    let answer = read_some(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 401 "), "{answer}");
    assert_eq!(fixture.prompts.hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn the_deadline_runs_from_the_end_of_a_slow_upload() {
    let fixture = start().await;
    let mut client = connect(&fixture.gateway.url).await;
    let head = "POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Length: 7\r\n\r\n";
    client.write_all(head.as_bytes()).await.unwrap();
    eventually("the request to arrive", || async {
        (fixture.prompts.hits.load(Ordering::Relaxed) > 0).then_some(())
    })
    .await;
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    for _ in 0..6 {
        tokio::time::sleep(Duration::from_secs(3)).await;
        client.write_all(b"x").await.unwrap();
    }
    tokio::time::resume();
    client.write_all(b"x").await.unwrap();
    let answer = read_some(&mut client).await;
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"bytes\":7"), "{answer}");
}
