//! A service that does not keep up, and the others beside it.

use std::{
    convert::Infallible,
    sync::{Arc, atomic::Ordering},
};

use axum::{
    Router,
    body::{Body, Bytes},
    response::IntoResponse,
    routing::get,
};
use futures_util::{StreamExt, stream};
use testkit::eventually;
use tokio::{sync::watch, task::JoinSet};

use crate::support::{HEALTH_PATH, StandIn, gateway};

/// The requests that one service holds of those without a body, and of streams.
const HELD: usize = 512;

/// A service that answers nothing but its checks until it is told to.
async fn hanging() -> (StandIn, watch::Sender<bool>) {
    let (well, is_well) = watch::channel(false);
    let answer = move || {
        let mut is_well = is_well.clone();
        async move {
            let _ = is_well.wait_for(|is_well| *is_well).await;
            "ok"
        }
    };
    let router = Router::new().route(HEALTH_PATH, get(|| async {})).fallback(answer);
    (StandIn::start(router).await, well)
}

#[tokio::test]
async fn a_service_that_hangs_under_a_thousand_requests_leaves_the_others_alone_and_recovers() {
    let (hanging, well) = hanging().await;
    let other = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &hanging.url), ("ANALYTICS", &other.url)]).await;
    let client = gateway.anonymous();
    let mut asking = JoinSet::new();
    let ask = |asking: &mut JoinSet<_>| {
        let client = client.clone();
        asking.spawn(async move { client.get("/prompts/public").await });
    };
    // Not all at once: one thread makes both ends of each connection, and must not take a second for it.
    for sent in 1..=HELD {
        ask(&mut asking);
        if sent % 64 == 0 {
            eventually("the requests to arrive", || async {
                (hanging.hits.load(Ordering::Relaxed) == sent).then_some(())
            })
            .await;
        }
    }
    let mut refused = JoinSet::new();
    for _ in HELD..1000 {
        ask(&mut refused);
    }
    while let Some(answer) = refused.join_next().await {
        let answer = answer.unwrap();
        assert_eq!(answer.headers["retry-after"], "1");
        answer.expect_problem(503, "TOO_BUSY");
    }
    for _ in 0..50 {
        client.get("/analytics/stats").await.expect(200);
    }
    client.get("/health/live").await.expect(200);
    client.get("/analytics/health").await.expect(200);
    let metrics = client.get("/metrics").await.text;
    let shed = "gateway_requests_shed_total{service=\"prompt\",kind=\"ordinary\"}";
    assert!(metrics.contains(shed), "{metrics}");
    for (service, held) in [("prompt", HELD), ("analytics", 0)] {
        let line = format!(
            "gateway_requests_in_flight{{service=\"{service}\",kind=\"ordinary\"}} {held}\n"
        );
        eventually("the requests in flight to be counted", || async {
            client.get("/metrics").await.text.contains(&line).then_some(())
        })
        .await;
    }
    well.send(true).unwrap();
    while let Some(answer) = asking.join_next().await {
        answer.unwrap().expect(200);
    }
    for _ in 0..50 {
        client.get("/prompts/public").await.expect(200);
    }
}

#[tokio::test]
async fn listeners_take_no_room_from_ordinary_requests() {
    let live = || async {
        let first = stream::iter([Ok::<_, Infallible>(Bytes::from("data: 1\n\n"))]);
        let body = Body::from_stream(first.chain(stream::pending()));
        ([("content-type", "text/event-stream")], body).into_response()
    };
    let router = Router::new()
        .route("/analytics/live", get(live))
        .route("/analytics/stats", get(|| async { "ok" }))
        .fallback(|| async {});
    let service = StandIn::start(router).await;
    let gateway = gateway(&[("ANALYTICS", &service.url)]).await;
    let client = reqwest::Client::new();
    let listen =
        async || client.get(format!("{}/analytics/live", gateway.url)).send().await.unwrap();
    let mut listeners = Vec::new();
    for _ in 0..HELD {
        let mut listener = listen().await;
        assert_eq!(listener.chunk().await.unwrap().unwrap(), "data: 1\n\n");
        listeners.push(listener);
    }
    let refused = listen().await;
    assert_eq!(
        (refused.status().as_u16(), &refused.headers()["retry-after"]),
        (503, &"1".parse().unwrap())
    );
    for _ in 0..50 {
        gateway.anonymous().get("/analytics/stats").await.expect(200);
    }
    // Who leaves makes room.
    listeners.truncate(HELD - 1);
    let _again = eventually("room for another listener", || async {
        let listener = listen().await;
        (listener.status() == 200).then_some(listener)
    })
    .await;
}

#[tokio::test]
async fn the_health_of_a_service_that_hangs_takes_no_more_room_than_its_requests() {
    // No limit counts these pages.
    let (hanging, _well) = hanging().await;
    let gateway = gateway(&[("ANALYTICS", &hanging.url)]).await;
    let client = gateway.anonymous();
    let mut asking = JoinSet::new();
    for asked in 1..=HELD {
        let client = client.clone();
        asking.spawn(async move { client.get("/analytics/health").await });
        if asked % 64 == 0 {
            eventually("the requests to arrive", || async {
                (hanging.hits.load(Ordering::Relaxed) == asked).then_some(())
            })
            .await;
        }
    }
    client.get("/analytics/health").await.expect_problem(503, "TOO_BUSY");
    client.get("/health").await.expect(200);
}

#[tokio::test]
async fn slow_uploads_take_no_room_from_ordinary_requests() {
    let prompts = StandIn::echo().await;
    let gateway: Arc<_> = Arc::new(gateway(&[("PROMPT", &prompts.url)]).await);
    let client = reqwest::Client::new();
    let mut uploads = JoinSet::new();
    for _ in 0..300 {
        let post = client.post(format!("{}/prompts", gateway.url));
        let body = stream::iter([Ok::<_, Infallible>("part")]).chain(stream::pending());
        uploads.spawn(post.body(reqwest::Body::wrap_stream(body)).send());
    }
    for _ in 0..300 - HELD / 2 {
        assert_eq!(uploads.join_next().await.unwrap().unwrap().unwrap().status(), 503);
    }
    for _ in 0..50 {
        gateway.anonymous().get("/prompts/public").await.expect(200);
    }
}
