//! Compressed answers as they pass, and the requests that ask for them, below HTTP.

use std::{
    convert::Infallible,
    io::Read,
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    body::{Body, Bytes},
    response::{IntoResponse, Response},
};
use http_body_util::channel::Channel;
use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    sync::mpsc,
    time::timeout,
};

use crate::{
    compression::decoded,
    recorder::{Connection, Recorder},
    support::{StandIn, gateway},
};

#[tokio::test]
async fn what_a_service_has_written_arrives_while_it_pauses() {
    for coding in ["gzip", "br", "zstd"] {
        let (mut writer, body) = Channel::<Bytes>::new(4);
        let body = Arc::new(Mutex::new(Some(body)));
        let lines = move || {
            let body = body.lock().unwrap().take();
            async move {
                let body = body.map_or_else(Body::empty, Body::new);
                ([("content-type", "application/x-ndjson")], body)
            }
        };
        let router = Router::new().route("/prompts/lines", axum::routing::get(lines));
        let service = StandIn::start(router).await;
        let gateway = gateway(&[("PROMPT", &service.url)]).await;
        let url = format!("{}/prompts/lines", gateway.url);
        let request = reqwest::Client::new().get(url).header("accept-encoding", coding);
        let mut answer = request.send().await.unwrap();
        assert_eq!(answer.headers()["content-encoding"], coding);
        let mut received = Vec::new();
        let mut expected = String::new();
        for line in ["{\"n\":1}\n", "{\"n\":2}\n", "{\"n\":3}\n"] {
            writer.send_data(Bytes::from(line)).await.unwrap();
            expected.push_str(line);
            // Nothing more is written until this line can be read.
            while partly_decoded(coding, &received) != expected {
                received.extend(answer.chunk().await.unwrap().unwrap());
            }
        }
        drop(writer);
        while let Some(chunk) = answer.chunk().await.unwrap() {
            received.extend(chunk);
        }
        assert_eq!(decoded(coding, &received), expected);
    }
}

/// Decodes as much as is there.
fn partly_decoded(coding: &str, bytes: &[u8]) -> String {
    let mut reader: Box<dyn Read> = match coding {
        "gzip" => Box::new(flate2::read::GzDecoder::new(bytes)),
        "br" => Box::new(brotli::Decompressor::new(bytes, 4096)),
        _ => Box::new(zstd::stream::read::Decoder::new(bytes).unwrap()),
    };
    let (mut text, mut byte) = (Vec::new(), [0]);
    while let Ok(1) = reader.read(&mut byte) {
        text.push(byte[0]);
    }
    String::from_utf8(text).unwrap()
}

#[tokio::test]
async fn a_client_that_leaves_a_compressed_answer_lets_the_service_go() {
    let (service, lines) = mpsc::channel::<Bytes>(1);
    let lines = Arc::new(Mutex::new(Some(lines)));
    let router = Router::new().fallback(move || {
        let lines = lines.lock().unwrap().take();
        async move {
            let Some(mut lines) = lines else { return Response::new(Body::empty()) };
            let body = futures_util::stream::poll_fn(move |cx| {
                lines.poll_recv(cx).map(|line| line.map(Ok::<_, Infallible>))
            });
            ([("content-type", "text/plain")], Body::from_stream(body)).into_response()
        }
    });
    let stand_in = StandIn::start(
        Router::new().route("/health/ready", axum::routing::get(|| async {})).merge(router),
    )
    .await;
    let gateway = gateway(&[("PROMPT", &stand_in.url)]).await;
    let request = reqwest::Client::new().get(format!("{}/prompts/1", gateway.url));
    let mut answer = request.header("accept-encoding", "br").send().await.unwrap();
    service.send("line\n".into()).await.unwrap();
    answer.chunk().await.unwrap().unwrap();
    drop(answer);
    timeout(Duration::from_secs(60), service.closed()).await.expect("nobody reads the stream");
}

#[tokio::test]
async fn a_compressed_answer_that_breaks_off_does_not_look_whole() {
    const HALF: &[u8] =
        b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5000\r\n\r\nhalf";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let breaking = tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.read(&mut [0; 4096]).await;
            stream.write_all(HALF).await.unwrap();
        }
    });
    let gateway = gateway(&[("PROMPT", &url)]).await;
    let request = reqwest::Client::new().get(format!("{}/prompts/1", gateway.url));
    // It breaks off before its head has left, or after it.
    let whole = async {
        let answer = request.header("accept-encoding", "gzip").send().await?;
        assert_eq!(answer.headers().get("content-encoding").unwrap(), "gzip");
        answer.bytes().await
    };
    assert!(whole.await.is_err());
    breaking.abort();
}

#[tokio::test]
async fn no_spelling_of_accept_encoding_breaks_an_answer() {
    const TEXT: &str = "0123456789abcdef";
    let body = TEXT.repeat(128);
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let answer: &'static str = Box::leak(format!("{head}{body}").into_boxed_str());
    let service = Recorder::start(answer.as_bytes()).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    let many = "gzip;q=0.1,".repeat(1000);
    let spellings = [
        ("Accept-Encoding: gzip\r\nAccept-Encoding: br;q=0.1", "gzip"),
        ("accept-encoding:gzip;q=0.1\r\nACCEPT-ENCODING: br", "br"),
        ("Accept-Encoding:\t gzip \t", "gzip"),
        ("Accept-Encoding: gzip\u{ff}", "identity"),
        ("Accept-Encoding: \u{e9}, gzip", "gzip"),
        ("Accept-Encoding: ,,,,", "identity"),
        ("Accept-Encoding: gzip;q=1.0000", "identity"),
        ("Accept-Encoding: gzip;q=00.5", "identity"),
        ("Accept-Encoding: gzip;q=1e0", "identity"),
        ("Accept-Encoding: gzip;q=nan", "identity"),
        ("Accept-Encoding: gzip;;q=1", "identity"),
        ("Accept-Encoding: \"gzip\"", "identity"),
        ("Accept-Encoding: gzip gzip", "identity"),
        ("Accept-Encoding: gzip\r\nConnection: accept-encoding", "identity"),
        (&format!("Accept-Encoding: {many}br"), "br"),
    ];
    for (header, expected) in spellings {
        let mut connection = Connection::open(&gateway.url).await;
        let request = format!("GET /prompts/1 HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n");
        connection.stream.write_all(request.as_bytes()).await.unwrap();
        let (head, received) = connection.message().await.unwrap();
        assert!(head.starts_with("HTTP/1.1 200 "), "{header}: {head}");
        let coding = head.to_lowercase();
        let coding = coding.lines().find_map(|line| line.strip_prefix("content-encoding: "));
        assert_eq!(coding.unwrap_or("identity"), expected, "{header}");
        assert_eq!(decoded(expected, &received), body, "{header}");
    }
    eventually("the requests to be seen", || async { (service.take().len() == 15).then_some(()) })
        .await;
}
