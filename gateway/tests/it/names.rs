//! A name that stands for many instances, whose addresses change.

use std::{
    io,
    net::SocketAddr,
    sync::{Arc, Mutex, atomic::Ordering},
};

use axum::{
    Router,
    body::{Body, Bytes},
    routing::get,
};
use futures_util::{StreamExt, stream};
use gateway::{Config, Resolve, Resolving};
use testkit::{Client, TestApp, eventually};

use crate::{
    fake::{Fake, Manner},
    support::{StandIn, gateway_reading},
};

/// A resolver that knows one name, `prompt`; without addresses it fails.
#[derive(Clone, Default)]
struct Names(Arc<Mutex<Option<Vec<SocketAddr>>>>);

impl Names {
    fn point_to(&self, fakes: &[&Fake]) {
        let addresses = fakes.iter().map(|fake| fake.address()).collect();
        *self.0.lock().unwrap() = Some(addresses);
    }

    fn fail(&self) {
        *self.0.lock().unwrap() = None;
    }
}

impl Resolve for Names {
    fn resolve<'r>(&'r self, host: &'r str, _port: u16) -> Resolving<'r> {
        Box::pin(async move {
            assert_eq!(host, "prompt");
            self.0.lock().unwrap().clone().ok_or_else(|| io::Error::other("no such host"))
        })
    }
}

async fn start(names: &Names) -> TestApp {
    let resolver = Arc::new(names.clone());
    gateway_reading(&[("PROMPT", "http://prompt:9002")], move |env| {
        let mut config = Config::read(env);
        config.resolver = resolver;
        config
    })
    .await
}

/// Sends requests until each of `used` got one of the last 40 and no other did.
async fn until_only(client: &Client, used: &[&Fake], others: &[&Fake]) {
    let count = |fakes: &[&Fake]| fakes.iter().map(|it| it.requests()).collect::<Vec<_>>();
    eventually("the right instances to be used", || async {
        let before = (count(used), count(others));
        for _ in 0..40 {
            client.get("/prompts/public").await.expect(200);
        }
        let is_used = before.0.iter().zip(count(used)).all(|(before, after)| *before < after);
        (is_used && before.1 == count(others)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn all_addresses_of_a_name_are_used_and_a_new_one_within_seconds() {
    let (one, two, three) = (
        Fake::start(Manner::Well).await,
        Fake::start(Manner::Well).await,
        Fake::start(Manner::Well).await,
    );
    let names = Names::default();
    names.point_to(&[&one, &two]);
    let gateway = start(&names).await;
    let client = gateway.anonymous();
    until_only(&client, &[&one, &two], &[&three]).await;
    names.point_to(&[&one, &two, &three]);
    until_only(&client, &[&one, &two, &three], &[]).await;
}

#[tokio::test]
async fn a_name_that_moves_takes_its_connections_along_and_loses_no_read() {
    let (old, new) = (Fake::start(Manner::Well).await, Fake::start(Manner::Well).await);
    let names = Names::default();
    names.point_to(&[&old]);
    let gateway = start(&names).await;
    let client = gateway.anonymous();
    until_only(&client, &[&old], &[&new]).await;
    assert!(old.connections.load(Ordering::Relaxed) > 0, "one is kept");
    names.point_to(&[&new]);
    until_only(&client, &[&new], &[&old]).await;
    eventually("the connections to the old address to close", || async {
        (old.connections.load(Ordering::Relaxed) == 0).then_some(())
    })
    .await;
}

#[tokio::test]
async fn while_the_resolver_fails_the_last_addresses_stay() {
    let prompts = Fake::start(Manner::Well).await;
    let names = Names::default();
    let gateway = start(&names).await;
    let client = gateway.anonymous();
    client.get("/prompts/public").await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    names.point_to(&[&prompts]);
    eventually("the name to be known", || async {
        (client.get("/prompts/public").await.status == 200).then_some(())
    })
    .await;
    names.fail();
    // Time jumps to the next look-up whenever all wait.
    tokio::time::pause();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    tokio::time::resume();
    client.get("/prompts/public").await.expect(200);
    names.point_to(&[]);
    tokio::time::pause();
    tokio::time::sleep(std::time::Duration::from_secs(10)).await;
    tokio::time::resume();
    client.get("/prompts/public").await.expect(200);
}

#[tokio::test]
async fn open_streams_are_no_load() {
    let streaming = || {
        let stream = || async {
            let words = stream::pending::<Result<Bytes, io::Error>>();
            let first = stream::iter([Ok(Bytes::from_static(b"word"))]);
            Body::from_stream(first.chain(words))
        };
        Router::new().route("/prompts/stream", get(stream)).fallback(|| async { "ok" })
    };
    let (old, new) = (StandIn::start(streaming()).await, StandIn::start(streaming()).await);
    let names = Names::default();
    let point_to = |stand_ins: &[&StandIn]| {
        let address = |it: &&StandIn| it.url.trim_start_matches("http://").parse().unwrap();
        *names.0.lock().unwrap() = Some(stand_ins.iter().map(address).collect());
    };
    point_to(&[&old]);
    let gateway = start(&names).await;
    let mut streams = Vec::new();
    for _ in 0..30 {
        let url = format!("{}/prompts/stream", gateway.url);
        let mut stream = reqwest::get(url).await.unwrap();
        stream.chunk().await.unwrap().unwrap();
        streams.push(stream);
    }
    point_to(&[&old, &new]);
    let client = gateway.anonymous();
    let hits = |it: &StandIn| it.hits.load(Ordering::Relaxed);
    eventually("the new instance to be used", || async {
        client.get("/prompts/public").await.expect(200);
        (hits(&new) > 0).then_some(())
    })
    .await;
    let before = hits(&old);
    for _ in 0..40 {
        client.get("/prompts/public").await.expect(200);
    }
    assert!(hits(&old) >= before + 5, "{} of 40", hits(&old) - before);
}
