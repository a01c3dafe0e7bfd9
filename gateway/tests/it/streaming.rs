use std::sync::{Arc, Mutex};

use axum::{
    Router,
    body::{Body, Bytes},
    response::Response,
    routing::get,
};
use http_body_util::{BodyExt, channel::Channel};
use serde_json::json;

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
