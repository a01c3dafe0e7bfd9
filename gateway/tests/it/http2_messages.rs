//! Bodies, lengths and trailers between HTTP/2 and the HTTP/1.1 of services.

use std::sync::atomic::Ordering;

use axum::{
    Router,
    body::{Body, Bytes},
    http::{HeaderMap, HeaderValue, Request},
    routing::post,
};
use futures_util::StreamExt;
use h2::Reason;
use testkit::TestApp;
use tokio::{io::AsyncWriteExt, sync::mpsc};

use crate::{
    frames::{DATA, END_HEADERS, END_STREAM, GOAWAY, HEADERS, RST_STREAM, Raw, block, frame},
    http2::{ask, get_request, read, without_tls},
    recorder::{Connection, Recorder},
    support::{StandIn, gateway},
};

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

const POST: [(&str, &str); 4] =
    [(":method", "POST"), (":scheme", "http"), (":path", "/prompts"), (":authority", "a.example")];

async fn recording(answer: &'static [u8]) -> (TestApp, Recorder) {
    let recorder = Recorder::start(answer).await;
    (gateway(&[("PROMPT", &recorder.url)]).await, recorder)
}

/// Sends a request in frames, and waits for the first word about it.
async fn send(raw: &mut Raw, headers: &[(&str, &str)], pieces: &[&str]) -> Option<u8> {
    raw.send(&frame(HEADERS, END_HEADERS, 1, &block(headers))).await;
    for (i, piece) in pieces.iter().enumerate() {
        let end = if i + 1 == pieces.len() { END_STREAM } else { 0 };
        raw.send(&frame(DATA, end, 1, piece.as_bytes())).await;
    }
    loop {
        let frame = raw.next().await?;
        if [HEADERS, RST_STREAM, GOAWAY].contains(&frame.kind) {
            return Some(frame.kind);
        }
    }
}

#[tokio::test]
async fn trailers_of_a_request_go_no_further() {
    let (gateway, recorder) = recording(ANSWER).await;
    let mut sender = without_tls(&gateway).await;
    let request = Request::post("https://a.example/prompts")
        .header("te", "trailers")
        .header("trailer", "x-checksum, x-user-id");
    let (answer, mut upload) = sender.send_request(request.body(()).unwrap(), false).unwrap();
    upload.send_data(Bytes::from("whole"), false).unwrap();
    let mut trailers = HeaderMap::new();
    for name in ["x-checksum", "x-user-id", "x-internal-token", "content-length"] {
        trailers.insert(name, HeaderValue::from_static("7"));
    }
    upload.send_trailers(trailers).unwrap();
    assert_eq!(answer.await.unwrap().status(), 200);
    // Read strictly: nothing followed the last chunk.
    assert_eq!(recorder.take(), [("POST /prompts HTTP/1.1".to_owned(), b"whole".to_vec())]);
    let head = recorder.heads.lock().unwrap().remove(0).to_lowercase();
    assert!(!head.contains("x-user-id") && !head.contains("trailer"), "{head}");
}

#[tokio::test]
async fn trailers_of_an_answer_reach_clients_of_http_2_and_confuse_no_other() {
    let answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Checksum\r\n\r\n\
        4\r\ndata\r\n0\r\nX-Checksum: 7\r\n\r\n";
    let (gateway, _recorder) = recording(answer).await;
    let mut sender = without_tls(&gateway).await;
    let (response, _) = sender.send_request(get_request("/prompts/public"), true).unwrap();
    let (status, body, trailers) = read(response.await.unwrap()).await;
    assert_eq!((status, body.as_slice()), (200, &b"data"[..]));
    assert_eq!(trailers.unwrap()["x-checksum"], "7");
    let mut client = Connection::open(&gateway.url).await;
    for te in ["", "TE: trailers\r\n"] {
        let request = format!("GET /prompts/public HTTP/1.1\r\nHost: x\r\n{te}\r\n");
        client.stream.write_all(request.as_bytes()).await.unwrap();
        let (head, body) = client.message().await.unwrap();
        assert_eq!(body, b"data", "{head}");
    }
}

#[tokio::test]
async fn a_body_of_another_length_than_was_said_reaches_no_service_whole() {
    let (gateway, recorder) = recording(ANSWER).await;
    for (lengths, pieces) in [
        (&["5"][..], &["four"][..]),
        (&["5"], &["fo", "ur"]),
        (&["5"], &["longer"]),
        (&["5"], &["four", "more"]),
        (&["0"], &["x"]),
        (&["5", "4"], &["whole"]),
        (&["4", "5"], &["whole"]),
        (&["5, 4"], &["whole"]),
        (&["+5"], &["whole"]),
        (&["five"], &["whole"]),
        (&["18446744073709551621"], &["whole"]),
    ] {
        let mut headers = POST.to_vec();
        headers.extend(lengths.iter().map(|length| ("content-length", *length)));
        let mut raw = Raw::open(&gateway, &[]).await;
        let _ = send(&mut raw, &headers, pieces).await;
        assert_eq!(recorder.take(), [], "{lengths:?} {pieces:?}");
    }
    for headers in [POST.to_vec(), [&POST[..], &[("content-length", "5")]].concat()] {
        let mut raw = Raw::open(&gateway, &[]).await;
        assert_eq!(send(&mut raw, &headers, &["wh", "ole"]).await, Some(HEADERS));
        assert_eq!(recorder.take(), [("POST /prompts HTTP/1.1".to_owned(), b"whole".to_vec())]);
    }
}

#[tokio::test]
async fn an_upload_that_is_taken_back_ends_the_work_on_it() {
    let (events, mut seen) = mpsc::unbounded_channel();
    let router = Router::new().route(
        "/prompts",
        post(move |body: Body| async move {
            let mut pieces = body.into_data_stream();
            while let Some(piece) = pieces.next().await {
                events.send(piece.map_err(|_| "broken off")).unwrap();
            }
            events.send(Err("whole")).unwrap();
        }),
    );
    let prompts = StandIn::start(router).await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let mut sender = without_tls(&gateway).await;
    let request = Request::post("https://a.example/prompts").body(()).unwrap();
    let (_answer, mut upload) = sender.send_request(request, false).unwrap();
    upload.send_data(Bytes::from("piece"), false).unwrap();
    assert_eq!(seen.recv().await.unwrap().unwrap(), "piece");
    upload.send_reset(Reason::CANCEL);
    // axum ends the handler as soon as its connection is gone; if it still runs, it hears why.
    assert!(matches!(seen.recv().await, None | Some(Err("broken off"))));
    // The connection goes on.
    assert_eq!(ask(&sender, get_request("/health"), b"").await.0, 200);
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn a_host_does_in_place_of_an_authority() {
    let (gateway, recorder) = recording(ANSWER).await;
    let headers = [POST[0], POST[1], POST[2], ("host", "a.example")];
    let mut raw = Raw::open(&gateway, &[]).await;
    assert_eq!(send(&mut raw, &headers, &["whole"]).await, Some(HEADERS));
    let head = recorder.heads.lock().unwrap().remove(0).to_lowercase();
    assert!(head.contains("x-forwarded-host: a.example"), "{head}");
}
