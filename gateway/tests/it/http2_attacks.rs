//! Clients of HTTP/2 that keep the gateway busy, or hold what they do not use.

use std::{sync::atomic::Ordering, time::Duration};

use axum::{Router, routing::get};
use testkit::TestApp;
use tokio::time::timeout;

use crate::{
    frames::{
        CANCEL, CONTINUATION, DATA, END_HEADERS, END_STREAM, GET, GOAWAY, HEADERS, PING, PRIORITY,
        RST_STREAM, Raw, SETTINGS, WINDOW_UPDATE, block, frame,
    },
    http2::{ask, get_request, without_tls},
    support::{StandIn, gateway, slow},
};

/// The time after which a frame that is waited for does not come.
const PATIENCE: Duration = Duration::from_secs(20);

pub async fn start(router: Router) -> (TestApp, StandIn) {
    let prompts = StandIn::start(router).await;
    (gateway(&[("PROMPT", &prompts.url)]).await, prompts)
}

pub fn answering() -> Router {
    Router::new().route("/prompts/public", get(|| async { "answer" }))
}

/// Checks that other clients are served.
pub async fn others_are_served(gateway: &TestApp) {
    let sender = without_tls(gateway).await;
    assert_eq!(ask(&sender, get_request("/health"), b"").await.0, 200);
    gateway.anonymous().get("/health").await.expect(200);
}

#[tokio::test]
async fn a_header_list_without_an_end_ends_the_connection() {
    let (gateway, prompts) = start(answering()).await;
    let mut raw = Raw::open(&gateway, &[]).await;
    raw.send(&frame(HEADERS, END_STREAM, 1, &block(&GET))).await;
    let more = block(&[("x-more", &"x".repeat(16_000))]);
    raw.flood(&frame(CONTINUATION, 0, 1, &more), 10_000).await;
    let mut raw = Raw::open(&gateway, &[]).await;
    raw.send(&frame(HEADERS, END_STREAM, 1, &block(&GET))).await;
    raw.flood(&frame(CONTINUATION, 0, 1, &[]), 1_000_000).await;
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 0);
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn a_giant_header_list_reaches_no_service() {
    let (gateway, prompts) = start(answering()).await;
    // Long by itself, and by an entry of the table that is named again and again.
    let long = block(&[("x-long", &"x".repeat(12_000))]);
    let mut entry = vec![0x40];
    entry.extend_from_slice(&block(&[("x-entry", &"x".repeat(3_900))])[1..]);
    let bomb = [block(&GET), entry, vec![0x80 | 62; 4000]].concat();
    for parts in [vec![block(&GET), long.clone(), long], vec![bomb]] {
        let mut raw = Raw::open(&gateway, &[]).await;
        let last = parts.len() - 1;
        for (i, part) in parts.iter().enumerate() {
            let kind = if i == 0 { HEADERS } else { CONTINUATION };
            let end = if i == last { END_HEADERS } else { 0 };
            let flags = if i == 0 { END_STREAM | end } else { end };
            raw.send(&frame(kind, flags, 1, part)).await;
        }
        let answer = loop {
            let frame = raw.next().await.expect("an answer, a reset, or word of the end");
            if [HEADERS, RST_STREAM, GOAWAY].contains(&frame.kind) {
                break frame;
            }
        };
        // `:status: 431`, in Huffman's code.
        let too_large = [0x48, 0x83, 0x69, 0x90, 0xff];
        assert!(answer.kind != HEADERS || answer.payload == too_large, "{answer:?}");
    }
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 0);
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn requests_that_are_none_reach_no_service() {
    let (gateway, prompts) = start(answering()).await;
    let [method, scheme, path, authority] = GET;
    let long = "x".repeat(9000);
    for headers in [
        &[scheme, path, authority][..],
        &[method, scheme, authority],
        &[method, path, authority],
        &[method, scheme, path, path, authority],
        &[method, method, scheme, path, authority],
        &[method, scheme, (":path", ""), authority],
        &[method, scheme, (":path", "prompts/public"), authority],
        &[method, scheme, (":path", "/prompts/pub lic"), authority],
        &[method, scheme, (":path", "/prompts/public\r\nx: y"), authority],
        &[method, scheme, (":path", "/prompts/../prompts/public"), authority],
        &[method, scheme, (":path", &long), authority],
        &[(":method", "GE T"), scheme, path, authority],
        &[method, scheme, path, (":authority", "user@api.example")],
        &[method, scheme, path, (":authority", "")],
        &[method, scheme, path],
        &[method, scheme, path, authority, (":unknown", "1")],
        &[method, scheme, path, authority, (":status", "200")],
        &[method, scheme, authority, ("x", "1"), path],
        &[method, scheme, path, authority, ("Upper", "1")],
        &[method, scheme, path, authority, ("connection", "close")],
        &[method, scheme, path, authority, ("transfer-encoding", "chunked")],
        &[method, scheme, path, authority, ("upgrade", "websocket")],
        &[method, scheme, path, authority, ("keep-alive", "timeout=5")],
        &[method, scheme, path, authority, ("proxy-connection", "keep-alive")],
        &[method, scheme, path, authority, ("te", "gzip")],
        &[method, scheme, path, authority, ("x", "a\r\nb: c")],
        &[method, scheme, path, authority, ("x", "a\0b")],
        &[method, scheme, path, authority, ("x y", "1")],
        &[method, scheme, path, authority, ("", "1")],
        &[method, scheme, path, authority, ("content-length", "5")],
        &[method, scheme, path, authority, ("host", "other.example")],
        &[(":method", "CONNECT"), scheme, path, authority, (":protocol", "websocket")],
    ] {
        let mut raw = Raw::open(&gateway, &[]).await;
        let request = frame(HEADERS, END_STREAM | END_HEADERS, 1, &block(headers));
        raw.send(&request).await;
        // An answer, a reset or the end: whichever, nothing was sent on.
        while let Some(frame) = raw.next().await {
            if [HEADERS, RST_STREAM, GOAWAY].contains(&frame.kind) {
                break;
            }
        }
        assert_eq!(prompts.hits.load(Ordering::Relaxed), 0, "{headers:?}");
    }
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn frames_that_break_the_protocol_end_the_connection_and_no_other() {
    let (gateway, prompts) = start(answering()).await;
    let whole = END_STREAM | END_HEADERS;
    let headers = block(&GET);
    for (what, bytes) in [
        ("a request on stream 0", frame(HEADERS, whole, 0, &headers)),
        ("a request on a stream of the server", frame(HEADERS, whole, 2, &headers)),
        ("data before a request", frame(DATA, END_STREAM, 1, b"x")),
        ("the end of no header list", frame(CONTINUATION, END_HEADERS, 1, &headers)),
        (
            "a frame within a header list",
            [frame(HEADERS, END_STREAM, 1, &headers), frame(PING, 0, 0, &[0; 8])].concat(),
        ),
        ("a frame that is too long", frame(HEADERS, whole, 1, &[0; 16_385])),
        ("padding that is longer than its frame", frame(HEADERS, whole | 8, 1, &[200, 0x82])),
        ("a header that no table has", frame(HEADERS, whole, 1, &[0x80 | 100])),
        ("a table that is too large", frame(HEADERS, whole, 1, &[0x3f, 0xe1, 0xff, 0x7f, 0x82])),
        ("a string without its end", frame(HEADERS, whole, 1, &[0, 0x7f, 0xff, 0xff, 0xff])),
        ("a window that grows by nothing", frame(WINDOW_UPDATE, 0, 0, &[0; 4])),
        ("a window that is too large", frame(WINDOW_UPDATE, 0, 0, &[0x7f, 255, 255, 255])),
        ("a reset before a request", frame(RST_STREAM, 0, 1, &CANCEL)),
        ("half a setting", frame(SETTINGS, 0, 0, &[0, 4, 0])),
        ("a setting of a window that is too large", frame(SETTINGS, 0, 0, &[0, 4, 255, 0, 0, 0])),
        ("settings of a stream", frame(SETTINGS, 0, 1, &[])),
        ("half a ping", frame(PING, 0, 0, &[0; 7])),
        ("a push from a client", frame(5, END_HEADERS, 1, &[0, 0, 0, 2, 0x82])),
    ] {
        let mut raw = Raw::open(&gateway, &[]).await;
        raw.send(&bytes).await;
        if let Some(farewell) = raw.next_of(GOAWAY).await {
            // The second half is the reason.
            assert_ne!(farewell.payload[4..8], [0; 4], "{what}");
        }
        assert_eq!(prompts.hits.load(Ordering::Relaxed), 0, "{what}");
    }
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn frames_that_lead_nowhere_end_the_connection() {
    let (gateway, _prompts) = start(answering()).await;
    let empty = frame(DATA, 0, 1, &[]);
    for flood in [
        frame(PING, 0, 0, &[0; 8]).repeat(100),
        frame(SETTINGS, 0, 0, &[]).repeat(100),
        frame(SETTINGS, 0, 0, &[0, 4, 0, 1, 0, 0]).repeat(100),
        frame(PRIORITY, 0, 1, &[0, 0, 0, 0, 1]).repeat(100),
        frame(WINDOW_UPDATE, 0, 0, &[0, 0, 0, 1]).repeat(100),
        // Of a kind that nobody knows.
        frame(99, 0, 0, &[0; 1000]),
        empty.repeat(100),
    ] {
        let mut raw = Raw::open(&gateway, &[]).await;
        if flood.starts_with(&empty) {
            // To be followed by a body.
            raw.send(&frame(HEADERS, END_HEADERS, 1, &block(&GET))).await;
        }
        raw.flood(&flood, 20_000).await;
        others_are_served(&gateway).await;
    }
}

#[tokio::test]
async fn an_answer_that_its_client_does_not_take_is_given_up_and_the_connection_goes_on() {
    let large = Router::new()
        .route("/prompts/public", get(|| async { vec![b'x'; 100_000] }))
        .route("/prompts/small", get(|| async { "" }));
    let (gateway, _prompts) = start(large).await;
    // A window of zero for each stream.
    let mut raw = Raw::open(&gateway, &[0, 4, 0, 0, 0, 0]).await;
    raw.send(&crate::frames::get(1)).await;
    assert_eq!(raw.next_of(HEADERS).await.unwrap().stream, 1);
    // Time jumps to the next deadline whenever all wait.
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(25)).await;
    tokio::time::resume();
    let reset = raw.next_of(RST_STREAM).await.unwrap();
    assert_eq!(reset.stream, 1);
    let small = [GET[0], GET[1], (":path", "/prompts/small"), GET[3]];
    raw.send(&frame(HEADERS, END_STREAM | END_HEADERS, 3, &block(&small))).await;
    assert_eq!(raw.next_of(HEADERS).await.unwrap().stream, 3);
    others_are_served(&gateway).await;
}

#[tokio::test]
async fn no_more_requests_run_at_once_than_are_allowed() {
    let (gateway, prompts) = start(Router::new().route("/prompts/public", get(slow))).await;
    let mut raw = Raw::open(&gateway, &[]).await;
    let burst: Vec<u8> = (0..150).flat_map(|i| crate::frames::get(2 * i + 1)).collect();
    raw.send(&burst).await;
    // Those beyond are refused, and may be sent again.
    for _ in 0..10 {
        let reset = timeout(PATIENCE, raw.next_of(RST_STREAM)).await.expect("one is refused");
        let Some(reset) = reset else { break };
        assert_eq!(reset.payload, [0, 0, 0, 7]);
    }
    assert!(prompts.hits.load(Ordering::Relaxed) <= 100);
    others_are_served(&gateway).await;
}
