//! Services that are away, break off, or do not answer in time.

use std::sync::atomic::Ordering;

use axum::Router;
use http::Method;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use crate::support::{StandIn, gateway, slow, start};

#[tokio::test]
async fn a_service_that_is_away_is_a_503_and_one_that_breaks_off_a_502() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let breaking = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            // Takes the request and hangs up.
            let _ = stream.read(&mut [0; 1024]).await;
            let _ = stream.shutdown().await;
        }
    });
    let gateway = gateway(&[("TEST", &breaking)]).await;
    let client = gateway.anonymous();
    let away = client.get("/prompts/public").await;
    assert_eq!(away.headers["retry-after"], "1");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client.post("/prompts", json!({})).await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client.get("/api/tests/providers").await.expect_problem(502, "UPSTREAM_FAILED");
}

#[tokio::test]
async fn a_service_that_does_not_answer_in_time_is_a_504() {
    let hanging = StandIn::start(Router::new().fallback(slow)).await;
    let gateway = gateway(&[("PROMPT", &hanging.url)]).await;
    let client = gateway.anonymous();
    let asking = tokio::spawn(async move { client.get("/prompts/public").await });
    testkit::eventually("the request to arrive", || async {
        (hanging.hits.load(Ordering::Relaxed) > 0).then_some(())
    })
    .await;
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    let answer = asking.await.unwrap();
    answer.expect_problem(504, "UPSTREAM_TIMEOUT");
}

#[tokio::test]
async fn the_gateways_own_refusals_are_problems() {
    let fixture = start().await;
    let client = fixture.client();
    client.get("/nowhere").await.expect_problem(404, "ROUTE_NOT_FOUND");
    client.post("/health", json!({})).await.expect_problem(405, "METHOD_NOT_ALLOWED");
    let large = "x".repeat(2 * 1024 * 1024);
    client
        .raw(Method::POST, "/prompts", "application/json", &large)
        .await
        .expect_problem(413, "BODY_TOO_LARGE");
    assert_eq!(fixture.prompts.hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn health_names_the_gateway_and_each_service() {
    let fixture = start().await;
    let client = fixture.client();
    assert_eq!(client.get("/health").await.expect(200)["service"], "gateway");
    let ready = testkit::eventually("the gateway to be ready", || async {
        let answer = client.get("/health/ready").await;
        let is_ready = answer.status == 200 && answer.json["checks"][3]["status"] == "UP";
        is_ready.then_some(answer.json)
    })
    .await;
    let names: Vec<_> =
        ready["checks"].as_array().unwrap().iter().map(|c| c["name"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["signing keys", "revoked sessions", "user", "prompt", "test", "marketplace", "analytics"]
    );
    assert_eq!(ready["checks"][6]["status"], "DOWN");
    let label = client.get("/metrics").await.text;
    assert!(label.contains("http_requests_total"));
}
