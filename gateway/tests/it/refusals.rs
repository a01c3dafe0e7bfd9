//! Every refusal reaches the client as itself, even while the client is still sending.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use axum::{Router, http::StatusCode, routing::get};
use futures_util::future::join_all;
use http_kit::serve::serve;
use testkit::raw::{chunked, exchange, with_length};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use tokio_util::sync::CancellationToken;

use crate::support::{gateway, start};

/// A service that is served like ours, and refuses every POST without reading it.
async fn refusing_service() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let router = Router::new()
        .fallback(|| async { StatusCode::UNAUTHORIZED })
        .route("/prompts/public", get(|| async { "read" }));
    tokio::spawn(serve(
        listener,
        router,
        Arc::new(AtomicBool::new(false)),
        CancellationToken::new(),
    ));
    url
}

const POST: &str = "POST /prompts HTTP/1.1\r\nContent-Type: text/csv\r\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_upload_gets_its_answer_and_disturbs_nobody() {
    let service = refusing_service().await;
    let gateway = gateway(&[("PROMPT", &service)]).await;
    let url = &gateway.url;
    let reading = AtomicUsize::new(0);
    let uploads = async {
        for length in [0, 1, 70_000, 900_000, 1_048_576] {
            let body = vec![b'x'; length];
            let seen = join_all((0..8).flat_map(|_| {
                [with_length(POST, &body), chunked(POST, &body)]
                    .map(|request| async move { exchange(url, &request).await.0 })
            }))
            .await;
            assert!(seen.iter().all(|status| *status == 401), "{length} bytes: {seen:?}");
        }
        // Beyond the limit: the gateway says so, or the service was quicker to refuse.
        let large = vec![b'x'; 5_000_000];
        assert_eq!(exchange(url, &with_length(POST, &large)).await.0, 413);
        let (status, _) = exchange(url, &chunked(POST, &large)).await;
        assert!(status == 401 || status == 413, "{status}");
        assert_eq!(exchange(url, &with_length("POST /nowhere HTTP/1.1\r\n", &large)).await.0, 404);
        reading.store(1, Ordering::Relaxed);
    };
    let reads = async {
        let client = reqwest::Client::new();
        while reading.load(Ordering::Relaxed) == 0 {
            let answer = client.get(format!("{url}/prompts/public")).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
    };
    tokio::join!(uploads, reads);
}

#[tokio::test]
async fn a_read_that_got_no_answer_is_sent_once_more_and_a_write_is_not() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let closing = format!("http://{}", listener.local_addr().unwrap());
    let received = Arc::new(AtomicUsize::new(0));
    let counted = received.clone();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let counted = counted.clone();
            tokio::spawn(async move {
                // Answers one request of each connection, and hangs up at the second.
                let mut request = [0; 4096];
                if stream.read(&mut request).await.is_ok_and(|n| n > 0) {
                    if request.starts_with(b"GET /health/ready ") {
                        let _ = stream.write_all(b"HTTP/1.1 404 Not Found\r\n\r\n").await;
                        return;
                    }
                    counted.fetch_add(1, Ordering::Relaxed);
                    let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await;
                    if stream.read(&mut request).await.is_ok_and(|n| n > 0) {
                        counted.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    let gateway = gateway(&[("PROMPT", &closing)]).await;
    for _ in 0..6 {
        gateway.anonymous().get("/prompts/public").await.expect(200);
    }
    let before = received.load(Ordering::Relaxed);
    // The pooled connection has had its request: this one goes unanswered, and is not repeated.
    let answer = gateway.anonymous().post("/prompts", serde_json::json!({})).await;
    answer.expect_problem(502, "UPSTREAM_FAILED");
    assert_eq!(received.load(Ordering::Relaxed), before + 1);
}

#[tokio::test]
async fn methods_and_hosts_that_make_no_sense_are_refused() {
    let fixture = start().await;
    let url = &fixture.gateway.url;
    for (request, wanted) in [
        ("TRACE /prompts/public HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example:443\r\n\r\n", 405),
        ("BREW /prompts/public HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("BREW / HTTP/1.1\r\nHost: x\r\n\r\n", 405),
        ("GET /prompts/public HTTP/1.1\r\n\r\n", 400),
        ("GET /health HTTP/1.1\r\n\r\n", 400),
        ("GET /prompts/public HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET /prompts/public HTTP/1.1\r\nHost: a b\r\n\r\n", 400),
        ("GET /prompts/public HTTP/1.1\r\nHost: user@a\r\n\r\n", 400),
        ("GET /prompts/public HTTP/1.1\r\nHost:\r\n\r\n", 400),
        ("GET /prompts/public HTTP/1.0\r\n\r\n", 200),
        ("GET /prompts/public HTTP/1.1\r\nHost: localhost:9000\r\n\r\n", 200),
    ] {
        let (status, answer) = exchange(url, request.as_bytes()).await;
        assert_eq!(status, wanted, "{request:?}: {answer}");
    }
    assert_eq!(fixture.prompts.hits.load(Ordering::Relaxed), 2);
}

#[tokio::test]
async fn malformed_chunks_are_the_clients_fault() {
    let fixture = start().await;
    for bad in ["zz\r\nabc\r\n0\r\n\r\n", "3\r\nabcdef\r\n0\r\n\r\n", "ffffffffffffffffff\r\n"] {
        let request = format!(
            "POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
             Transfer-Encoding: chunked\r\n\r\n{bad}"
        );
        let (status, answer) = exchange(&fixture.gateway.url, request.as_bytes()).await;
        assert_eq!(status, 400, "{bad:?}: {answer}");
    }
}

#[tokio::test]
async fn a_body_that_stalls_is_a_408() {
    let fixture = start().await;
    let address = fixture.gateway.url.trim_start_matches("http://");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = "POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    stream.write_all(format!("{head}Content-Length: 1000\r\n\r\n{{").as_bytes()).await.unwrap();
    testkit::eventually("the request to arrive", || async {
        (fixture.prompts.hits.load(Ordering::Relaxed) > 0).then_some(())
    })
    .await;
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    let mut answer = [0; 1024];
    let read = stream.read(&mut answer).await.unwrap();
    let answer = String::from_utf8_lossy(&answer[..read]);
    assert!(answer.starts_with("HTTP/1.1 408 ") && answer.contains("BODY_TOO_SLOW"), "{answer}");
}

#[tokio::test]
async fn a_head_of_more_than_16_kib_is_refused_and_a_long_path_is_not_repeated() {
    let fixture = start().await;
    let url = &fixture.gateway.url;
    let head = format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {}\r\n\r\n", "x".repeat(20_000));
    assert_eq!(exchange(url, head.as_bytes()).await.0, 431);
    let path = format!("GET /nowhere/{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(8_000));
    let (status, answer) = exchange(url, path.as_bytes()).await;
    assert_eq!(status, 404);
    assert!(answer.len() < 2_000, "{} bytes", answer.len());
}

#[tokio::test]
async fn browsers_are_told_what_they_may_do() {
    let fixture = start().await;
    let client = fixture.client();
    let lead = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none());
    let lead = lead.build().unwrap().get(&fixture.gateway.url).send().await.unwrap();
    assert_eq!(
        (lead.status(), &lead.headers()["location"]),
        (StatusCode::TEMPORARY_REDIRECT, &"/swagger-ui/".parse().unwrap())
    );
    let page = client.get("/swagger-ui/").await;
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("'self'"));
    let script = client.get("/swagger-ui/swagger-initializer.js").await;
    assert!(!script.text.contains(r#""persistAuthorization": true"#), "{}", script.text);
    let public = client.get("/prompts/public").await;
    assert_eq!(public.headers["x-content-type-options"], "nosniff");
    assert!(!public.headers.contains_key("cache-control"));
    let (_, token) = crate::support::token(&fixture.signer, &[auth::Role::User]);
    let private = client.with_bearer(&token).get("/prompts/public").await;
    assert_eq!(private.headers["cache-control"], "no-store");
    assert_eq!(client.get("/auth/sessions").await.headers["cache-control"], "no-store");
}
