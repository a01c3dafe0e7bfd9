//! What goes to another instance, and what does not.

use std::sync::atomic::Ordering;

use axum::{Router, http::StatusCode, routing::any};
use futures_util::future::join_all;
use serde_json::json;
use testkit::{Client, TestApp, eventually};

use crate::{
    fake::{Fake, Manner},
    support::{NOWHERE, StandIn, gateway, start},
};

/// Starts a gateway before two prompt instances, and waits until its checks have found both ready.
async fn before(one: &Fake, other: &Fake) -> TestApp {
    let gateway = gateway(&[("PROMPT", &format!("{},{}", one.url, other.url))]).await;
    let client = gateway.anonymous();
    eventually("both to be used", || async {
        client.get("/prompts/public").await;
        (one.requests() > 0 && other.requests() > 0).then_some(())
    })
    .await;
    gateway
}

async fn get(client: &Client) -> u16 {
    client.get("/prompts/public").await.status.as_u16()
}

#[tokio::test]
async fn a_write_that_was_refused_a_connection_succeeds_elsewhere() {
    let prompts = StandIn::echo().await;
    let both = format!("{NOWHERE},{}", prompts.url);
    let gateway = gateway(&[("PROMPT", &both)]).await;
    for sent in 1..=20 {
        let seen = gateway.anonymous().post("/prompts", json!({"a": "b"})).await.expect(200);
        assert_eq!(seen["bytes"], 9);
        assert_eq!(prompts.hits.load(Ordering::Relaxed), sent, "once each");
    }
}

#[tokio::test]
async fn what_got_no_answer_is_repeated_if_it_is_idempotent_and_has_no_body() {
    let (good, bad) = (Fake::start(Manner::Well).await, Fake::start(Manner::Well).await);
    let gateway = before(&good, &bad).await;
    let client = gateway.anonymous();
    bad.set(Manner::BreaksOff);
    let before = bad.requests();
    for _ in 0..20 {
        assert_eq!(get(&client).await, 200);
        client.delete("/prompts/1").await.expect(200);
    }
    assert!(bad.requests() > before, "it was tried");
}

#[tokio::test]
async fn a_write_that_got_no_answer_is_not_repeated() {
    let (good, bad) = (Fake::start(Manner::Well).await, Fake::start(Manner::Well).await);
    let gateway = before(&good, &bad).await;
    let client = gateway.anonymous();
    bad.set(Manner::BreaksOff);
    let before = good.requests() + bad.requests();
    let statuses = join_all((0..12).map(|_| client.post("/prompts", json!({})))).await;
    let broken = statuses.iter().filter(|answer| answer.status == 502).count();
    assert!(broken > 0);
    assert_eq!(good.requests() + bad.requests(), before + 12, "each was sent once");
}

#[tokio::test]
async fn an_answer_is_passed_on_whatever_it_says() {
    let refusing = Router::new().fallback(any(|| async { StatusCode::SERVICE_UNAVAILABLE }));
    let (one, two) = (StandIn::start(refusing.clone()).await, StandIn::start(refusing).await);
    let gateway = gateway(&[("PROMPT", &format!("{},{}", one.url, two.url))]).await;
    for sent in 1..=10 {
        assert_eq!(get(&gateway.anonymous()).await, 503);
        let hits = one.hits.load(Ordering::Relaxed) + two.hits.load(Ordering::Relaxed);
        assert_eq!(hits, sent);
    }
}

#[tokio::test]
async fn reads_at_an_instance_that_freezes_are_answered_by_another() {
    let (good, frozen) = (Fake::start(Manner::Well).await, Fake::start(Manner::Well).await);
    let gateway = before(&good, &frozen).await;
    let client = gateway.anonymous();
    frozen.set(Manner::Hangs);
    let before = frozen.requests();
    let statuses = join_all((0..10).map(|_| get(&client))).await;
    assert!(statuses.iter().all(|status| *status == 200), "{statuses:?}");
    assert!(frozen.requests() > before, "some were sent to it");
}

#[tokio::test]
async fn the_service_learns_how_long_its_answer_is_waited_for() {
    let fixture = start().await;
    let client = fixture.client().with_header("x-request-timeout-ms", "1");
    let seen = client.get("/prompts/1").await.expect(200);
    let given: u64 = seen["headers"]["x-request-timeout-ms"].as_str().unwrap().parse().unwrap();
    assert!((1_000..=15_000).contains(&given), "{given}");
}

#[tokio::test]
async fn a_read_at_the_only_instance_waits_while_that_is_frozen() {
    let only = StandIn::start(Router::new().fallback(crate::support::slow)).await;
    let gateway = gateway(&[("PROMPT", &only.url)]).await;
    let client = gateway.anonymous();
    let asking = tokio::spawn(async move { client.get("/prompts/public").await });
    eventually("a check to fail", || async {
        let ready = gateway.anonymous().get("/health/ready").await.json;
        (ready["checks"][3]["status"] == "DOWN").then_some(())
    })
    .await;
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    let answer = asking.await.unwrap();
    answer.expect_problem(504, "UPSTREAM_TIMEOUT");
    assert_eq!(only.hits.load(Ordering::Relaxed), 1, "it was sent once");
}
