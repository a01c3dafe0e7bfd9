//! Which instances get requests.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicUsize, Ordering},
};

use testkit::{Client, TestApp, eventually};

use crate::{
    fake::{Fake, Manner},
    support::{NOWHERE, StandIn, gateway},
};

async fn before(instances: &[&Fake]) -> TestApp {
    let urls: Vec<_> = instances.iter().map(|fake| fake.url.as_str()).collect();
    gateway(&[("PROMPT", &urls.join(","))]).await
}

/// Sends requests until `fake` got one of them.
async fn until_used(client: &Client, fake: &Fake) {
    let before = fake.requests();
    eventually("the instance to be used", || async {
        client.get("/prompts/public").await;
        (fake.requests() > before).then_some(())
    })
    .await;
}

/// Sends requests until `fake` got none of 30 in a row.
async fn until_spared(client: &Client, fake: &Fake) {
    eventually("the instance to be spared", || async {
        let before = fake.requests();
        for _ in 0..30 {
            client.get("/prompts/public").await;
        }
        (fake.requests() == before).then_some(())
    })
    .await;
}

#[tokio::test]
async fn requests_are_spread_over_instances_and_pass_over_one_that_is_down() {
    let (one, two) = (StandIn::echo().await, StandIn::echo().await);
    let all = format!("{},{},{NOWHERE}", one.url, two.url);
    let gateway = gateway(&[("PROMPT", &all)]).await;
    for _ in 0..60 {
        gateway.anonymous().get("/prompts/public").await.expect(200);
    }
    for instance in [&one, &two] {
        let hits = instance.hits.load(Ordering::Relaxed);
        assert!(hits >= 10, "{hits} of 60");
    }
}

#[tokio::test]
async fn an_instance_that_is_stopping_gets_no_more_requests_and_comes_back_once_well() {
    let (one, two) = (Fake::start(Manner::Well).await, Fake::start(Manner::Well).await);
    let gateway = before(&[&one, &two]).await;
    let client = gateway.anonymous();
    until_used(&client, &two).await;
    two.set(Manner::Draining);
    until_spared(&client, &two).await;
    two.set(Manner::Well);
    until_used(&client, &two).await;
}

#[tokio::test]
async fn where_no_instance_is_ready_they_are_asked_all_the_same() {
    let (one, two) = (Fake::start(Manner::Draining).await, Fake::start(Manner::Draining).await);
    let gateway = before(&[&one, &two]).await;
    let client = gateway.anonymous();
    eventually("the checks to find out", || async {
        let ready = client.get("/health/ready").await;
        (ready.json["checks"][3]["status"] == "DOWN").then_some(())
    })
    .await;
    for _ in 0..20 {
        client.get("/prompts/public").await.expect(200);
    }
}

#[tokio::test]
async fn an_instance_that_breaks_its_answers_is_ejected_and_comes_back_once_well() {
    let (one, two) = (Fake::start(Manner::Well).await, Fake::start(Manner::HalfAnswers).await);
    let gateway = before(&[&one, &two]).await;
    let url = format!("{}/prompts/public", gateway.url);
    let whole_in_a_row = AtomicUsize::new(0);
    eventually("its ejection", || async {
        let is_whole = reqwest::get(&url).await.unwrap().bytes().await.is_ok();
        let before = whole_in_a_row.load(Ordering::Relaxed);
        let now = if is_whole { before + 1 } else { 0 };
        whole_in_a_row.store(now, Ordering::Relaxed);
        (now == 20).then_some(())
    })
    .await;
    assert!(two.requests() > 0);
    two.set(Manner::Well);
    until_used(&gateway.anonymous(), &two).await;
}

#[tokio::test]
async fn failing_fast_is_no_merit() {
    let (one, two) = (Fake::start(Manner::Well).await, Fake::start(Manner::Failing).await);
    let gateway = before(&[&one, &two]).await;
    let client = gateway.anonymous();
    for _ in 0..200 {
        client.get("/prompts/public").await;
    }
    assert!(two.requests() < 50, "{} of 200", two.requests());
}

#[tokio::test]
async fn gaining_and_losing_an_instance_under_load_fails_no_read() {
    let steady = Fake::start(Manner::Well).await;
    let second = Fake::start(Manner::Well).await;
    let address = second.address().to_string();
    let gateway = before(&[&steady, &second]).await;
    let (done, failed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (client, done, failed) = (gateway.anonymous(), done.clone(), failed.clone());
            tokio::spawn(async move {
                while !done.load(Ordering::Relaxed) {
                    let answer = client.get("/prompts/public").await;
                    if answer.status != 200 {
                        failed.store(true, Ordering::Relaxed);
                    }
                }
            })
        })
        .collect();
    let client = gateway.anonymous();
    let mut second = second;
    for _ in 0..3 {
        until_used(&client, &second).await;
        drop(second);
        until_used(&client, &steady).await;
        second = Fake::at(&address, Manner::Well).await;
    }
    until_used(&client, &second).await;
    done.store(true, Ordering::Relaxed);
    for task in load {
        task.await.unwrap();
    }
    assert!(!failed.load(Ordering::Relaxed), "a read failed");
}

#[tokio::test]
async fn readiness_says_what_the_checks_know_and_asks_nobody() {
    let frozen = Fake::start(Manner::Hangs).await;
    let well = Fake::start(Manner::Well).await;
    let gateway = gateway(&[("PROMPT", &frozen.url), ("TEST", &well.url)]).await;
    let client = gateway.anonymous();
    eventually("the checks", || async {
        let ready = client.get("/health/ready").await.json;
        assert_eq!(ready["checks"][3]["status"], "DOWN");
        (ready["checks"][4]["status"] == "UP").then_some(())
    })
    .await;
    let before = well.connections.load(Ordering::Relaxed);
    for _ in 0..50 {
        client.get("/health/ready").await;
    }
    let after = well.connections.load(Ordering::Relaxed);
    assert!(after <= before + 3, "{before} to {after} connections");
    assert_eq!(well.requests() + frozen.requests(), 0);
}
