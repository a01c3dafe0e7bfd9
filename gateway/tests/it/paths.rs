//! What is matched is what is sent, and what could be read in two ways is not sent at all.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use testkit::raw::exchange;
use tokio::net::{TcpListener, TcpStream};

use crate::support::{gateway, start};

#[tokio::test]
async fn a_path_of_two_meanings_is_refused_before_anything_is_matched() {
    let fixture = start().await;
    for path in [
        "/prompts/../internal/prompts/1",
        "/prompts/..%2finternal/prompts/1",
        "/prompts/%2e%2e/internal",
        "/prompts/.%2E/internal",
        "/prompts/%252e%252e/internal",
        "/prompts/%25%32%65/internal",
        "/prompts/./1",
        "/prompts/..;/1",
        "/prompts/..%253bx/internal",
        "//internal/x",
        "/prompts//1",
        "/prompts/1//",
        "/prompts\\1",
        "/prompts/%5c1",
        "/prompts/%00",
        "/prompts/%0d%0aX-User-Id:1",
        "/prompts/%zz",
        "/prompts/%2",
        "/prompts/%ff",
        "/prompts/%c0%ae%c0%ae/internal",
        "/swagger-ui/../internal",
        "/health/../internal",
        "/nothing/%2e%2e/prompts",
    ] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        let (status, answer) = exchange(&fixture.gateway.url, request.as_bytes()).await;
        assert_eq!(status, 400, "{path}: {answer}");
        assert!(answer.contains("application/problem+json"), "{path}: {answer}");
    }
    let long = format!("GET /prompts/{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(9_000));
    assert_eq!(exchange(&fixture.gateway.url, long.as_bytes()).await.0, 400);
    assert_eq!(fixture.prompts.hits.load(Ordering::Relaxed), 0);
    fixture.client().get("/prompts//1").await.expect_problem(400, "BAD_PATH");
}

#[tokio::test]
async fn escapes_within_a_segment_arrive_as_they_were_sent() {
    let fixture = start().await;
    for (sent, received) in [
        ("/prompts/category/A%2FB", "/prompts/category/A%2FB"),
        ("/api/prompts/category/A%2fB?q=%2e%2e//", "/prompts/category/A%2fB?q=%2e%2e//"),
        ("/prompts/tag/100%25", "/prompts/tag/100%25"),
        ("/prompts/tag/caf%C3%A9%20au%20lait", "/prompts/tag/caf%C3%A9%20au%20lait"),
    ] {
        let seen = fixture.client().get(sent).await.expect(200);
        assert_eq!(seen["target"], received);
    }
}

#[tokio::test]
async fn a_service_address_that_leads_back_here_ends_after_a_few_hops() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let back = format!("http://{}", listener.local_addr().unwrap());
    let gateway = gateway(&[("PROMPT", &back)]).await;
    let target = gateway.url.trim_start_matches("http://").to_owned();
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = connections.clone();
    tokio::spawn(async move {
        while let Ok((mut inbound, _)) = listener.accept().await {
            counted.fetch_add(1, Ordering::Relaxed);
            let target = target.clone();
            tokio::spawn(async move {
                let mut outbound = TcpStream::connect(target).await.unwrap();
                let _ = tokio::io::copy_bidirectional(&mut inbound, &mut outbound).await;
            });
        }
    });
    let client = gateway.anonymous();
    client.get("/prompts/public").await.expect_problem(508, "LOOP_DETECTED");
    client.post("/prompts", serde_json::json!({})).await.expect_problem(508, "LOOP_DETECTED");
    assert!(connections.load(Ordering::Relaxed) < 20, "{connections:?}");
}

#[tokio::test]
async fn what_only_people_who_are_signed_in_may_do_is_refused_here_for_others() {
    let fixture = start().await;
    let client = fixture.client();
    for path in ["/prompts/my-prompts", "/api/prompts/my-prompts", "/users/me"] {
        client.get(path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    }
    assert_eq!(fixture.prompts.hits.load(Ordering::Relaxed), 0);
    let (_, token) = crate::support::token(&fixture.signer, &[auth::Role::User]);
    client.with_bearer(&token).get("/prompts/my-prompts").await.expect(200);
}
