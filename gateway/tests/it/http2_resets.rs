//! Requests of HTTP/2 that are taken back, or are none: each costs the gateway something, and leads nowhere.

use std::sync::atomic::Ordering;

use axum::{Router, routing::get};
use testkit::eventually;

use crate::{
    frames::{CANCEL, END_HEADERS, END_STREAM, HEADERS, RST_STREAM, Raw, block, frame},
    http2_attacks::{answering, others_are_served, start},
    support::slow,
};

#[tokio::test]
async fn requests_that_are_taken_back_at_once_end_the_connection() {
    let (gateway, prompts) = start(answering()).await;
    let mut raw = Raw::open(&gateway, &[]).await;
    let burst: Vec<u8> = (0..10_000)
        .flat_map(|i| {
            let stream = 2 * i + 1;
            [crate::frames::get(stream), frame(RST_STREAM, 0, stream, &CANCEL)].concat()
        })
        .collect();
    raw.send(&burst).await;
    while raw.next().await.is_some() {}
    let hits = prompts.hits.load(Ordering::Relaxed);
    assert!(hits < 1000, "{hits} requests reached the service");
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn few_requests_may_be_taken_back_before_they_were_seen() {
    let (gateway, prompts) = start(answering()).await;
    for (count, is_ended) in [(20, false), (21, true)] {
        let mut raw = Raw::open(&gateway, &[]).await;
        // In one write, so that no request is seen before it is taken back.
        let mut burst: Vec<u8> = (0..count)
            .flat_map(|i| {
                let stream = 2 * i + 1;
                [crate::frames::get(stream), frame(RST_STREAM, 0, stream, &CANCEL)].concat()
            })
            .collect();
        burst.extend(crate::frames::get(2 * count + 1));
        raw.send(&burst).await;
        if is_ended {
            raw.expect_end_before_an_answer().await;
        } else {
            assert_eq!(raw.next_of(HEADERS).await.unwrap().stream, 2 * count + 1);
        }
    }
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 1);
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn requests_that_are_taken_back_one_by_one_end_the_connection_too() {
    let (gateway, prompts) = start(Router::new().route("/prompts/public", get(slow))).await;
    let mut raw = Raw::open(&gateway, &[]).await;
    let mut sent = 0;
    while raw.send(&crate::frames::get(2 * sent + 1)).await && sent < 1000 {
        sent += 1;
        let arrived = eventually("the request to arrive, or the end", || async {
            let has_arrived = prompts.hits.load(Ordering::Relaxed) >= sent as usize;
            (has_arrived || sent > 100).then_some(has_arrived)
        })
        .await;
        raw.send(&frame(RST_STREAM, 0, 2 * sent - 1, &CANCEL)).await;
        if !arrived {
            break;
        }
    }
    while raw.next().await.is_some() {}
    assert!((100..300).contains(&sent), "{sent}");
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn malformed_requests_one_after_another_end_the_connection() {
    let (gateway, _prompts) = start(answering()).await;
    let mut raw = Raw::open(&gateway, &[]).await;
    let malformed = block(&[(":method", "GET"), ("connection", "close")]);
    let mut burst: Vec<u8> = (0..1000)
        .flat_map(|i| frame(HEADERS, END_STREAM | END_HEADERS, 2 * i + 1, &malformed))
        .collect();
    burst.extend(crate::frames::get(2001));
    raw.send(&burst).await;
    raw.expect_end_before_an_answer().await;
    others_are_served(&gateway).await;
}
