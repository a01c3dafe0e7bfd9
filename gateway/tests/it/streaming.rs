//! Bodies and streams pass through as they come.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    response::Response,
    routing::get,
};
use futures_util::stream;
use http_body_util::{BodyExt, channel::Channel};
use serde_json::json;
use tokio::{sync::mpsc, time::timeout};

use crate::support::{NOWHERE, StandIn, gateway, start};

#[tokio::test]
async fn an_answer_streams_through_as_it_is_written() {
    let (mut writer, body) = Channel::<Bytes>::new(4);
    let body = Arc::new(Mutex::new(Some(body)));
    let streaming = Router::new().route(
        "/api/tests/1/stream",
        get(move || {
            let body = body.lock().unwrap().take().unwrap();
            async move { Response::new(Body::new(body)) }
        }),
    );
    let tests = StandIn::start(streaming).await;
    let gateway = gateway(&[("TEST", &tests.url)]).await;
    let mut answer = reqwest::get(format!("{}/api/tests/1/stream", gateway.url)).await.unwrap();
    // Each piece arrives before the next is written: nothing is held back.
    for piece in ["first", "second"] {
        writer.send_data(Bytes::from(piece)).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), piece);
    }
    drop(writer);
    assert!(answer.chunk().await.unwrap().is_none());
}

#[tokio::test]
async fn events_pass_one_by_one_as_they_are_and_the_service_is_let_go_with_the_client() {
    let (service, frames) = mpsc::channel::<Bytes>(1);
    let frames = Arc::new(Mutex::new(Some(frames)));
    let live = Router::new().route(
        "/analytics/live",
        get(move || {
            let mut frames = frames.lock().unwrap().take().unwrap();
            let body = stream::poll_fn(move |cx| {
                frames.poll_recv(cx).map(|frame| frame.map(Ok::<_, Infallible>))
            });
            let headers = [
                ("content-type", "text/event-stream"),
                ("cache-control", "no-cache, no-transform"),
                ("x-accel-buffering", "no"),
            ];
            async move { (headers, Body::from_stream(body)) }
        }),
    );
    let analytics = StandIn::start(live).await;
    let gateway = gateway(&[("ANALYTICS", &analytics.url)]).await;
    let request = reqwest::Client::new().get(format!("{}/analytics/live", gateway.url));
    let mut answer = request.header("accept-encoding", "gzip, br, zstd").send().await.unwrap();
    let headers = answer.headers();
    assert_eq!(headers["content-type"], "text/event-stream");
    assert_eq!(headers["cache-control"], "no-cache, no-transform");
    assert_eq!(headers["x-accel-buffering"], "no");
    for absent in ["content-encoding", "content-length"] {
        assert!(!headers.contains_key(absent), "{headers:?}");
    }
    for frame in
        ["event: stats\ndata: {\"totalUserEvents\":1}\n\n", ":\n\n", "event: stats\ndata: 2\n\n"]
    {
        service.send(frame.into()).await.unwrap();
        assert_eq!(answer.chunk().await.unwrap().unwrap(), frame);
    }
    drop(answer);
    // Without another frame to write.
    let let_go = timeout(Duration::from_secs(60), service.closed()).await;
    let_go.expect("nobody reads the stream");
}

#[tokio::test]
async fn bodies_with_and_without_a_length_arrive_whole() {
    let fixture = start().await;
    let body = json!({"content": "x".repeat(500_000)});
    let seen = fixture.client().post("/prompts", &body).await.expect(200);
    assert_eq!(seen["bytes"], serde_json::to_vec(&body).unwrap().len());

    let (mut writer, chunked) = Channel::<Bytes>::new(4);
    let sending = tokio::spawn(async move {
        for _ in 0..10 {
            writer.send_data(Bytes::from_static(&[b'x'; 1000])).await.unwrap();
        }
    });
    let answer = reqwest::Client::new()
        .post(format!("{}/prompts", fixture.gateway.url))
        .body(reqwest::Body::wrap(chunked.boxed()))
        .send()
        .await
        .unwrap();
    sending.await.unwrap();
    assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["bytes"], 10_000);
}

#[tokio::test]
async fn a_body_is_never_dropped_on_the_way_to_another_instance() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &format!("{NOWHERE},{}", prompts.url))]).await;
    for _ in 0..8 {
        let (mut writer, chunked) = Channel::<Bytes>::new(4);
        let sending = tokio::spawn(async move {
            let _ = writer.send_data(Bytes::from_static(b"not to be lost")).await;
        });
        let answer = reqwest::Client::new()
            .post(format!("{}/prompts", gateway.url))
            .body(reqwest::Body::wrap(chunked.boxed()))
            .send()
            .await
            .unwrap();
        sending.await.unwrap();
        assert_eq!(answer.json::<serde_json::Value>().await.unwrap()["bytes"], 14);
    }
}

#[tokio::test]
async fn a_body_without_a_length_is_cut_off_at_the_same_limit() {
    let fixture = start().await;
    let (mut writer, chunked) = Channel::<Bytes>::new(4);
    let sending = tokio::spawn(async move {
        // The upload ends early when nobody reads on.
        for _ in 0..30 {
            if writer.send_data(Bytes::from_static(&[b'x'; 65_536])).await.is_err() {
                break;
            }
        }
    });
    let answer = reqwest::Client::new()
        .post(format!("{}/prompts", fixture.gateway.url))
        .body(reqwest::Body::wrap(chunked.boxed()))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 413);
    sending.abort();
}
