//! Requests and answers that mean to be read in two ways, over raw sockets, before a service that records
//! what reaches it.

use tokio::io::AsyncWriteExt;

use crate::{
    recorder::{Connection, Recorder},
    script,
    support::gateway,
};

/// A request that no attack may turn into one of its own.
const SMUGGLED: &str = "GET /prompts/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

/// Sends bytes, and another request if the connection still lives; returns the statuses of all answers.
async fn attack(url: &str, bytes: &[u8]) -> Vec<u16> {
    let mut connection = Connection::open(url).await;
    let mut statuses = Vec::new();
    // A connection that was closed in the middle may refuse the rest.
    let _ = connection.stream.write_all(bytes).await;
    let status = |head: &str| head.split(' ').nth(1).unwrap().parse().unwrap();
    if let Some((head, _)) = connection.message().await {
        statuses.push(status(&head));
    }
    let last = "GET /prompts/last HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    let _ = connection.stream.write_all(last.as_bytes()).await;
    while let Some((head, _)) = connection.message().await {
        statuses.push(status(&head));
    }
    statuses
}

const OK: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

fn post(framing: &str, rest: &str) -> Vec<u8> {
    let head = "POST /prompts/first HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
    format!("{head}{framing}\r\n\r\n{rest}").into_bytes()
}

#[tokio::test]
async fn what_has_two_lengths_or_none_that_is_plain_reaches_no_service() {
    let service = Recorder::start(OK).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    for framing in [
        "Content-Length: 6\r\nContent-Length: 0",
        "Content-Length: 0\r\nContent-Length: 43",
        "Content-Length: +0",
        "Content-Length: -1",
        "Content-Length: 0x10",
        "Content-Length: 1 0",
        "Content-Length: 0, 43",
        "Content-Length: ",
        "Content-Length: 18446744073709551616",
        "Content-Length : 0",
        "Content-Length\t: 0",
        " Content-Length: 0",
        "Content-Length: 0\r\n Transfer-Encoding: chunked",
        "Transfer-Encoding: identity",
        "Transfer-Encoding: xchunked",
        "Transfer-Encoding: chunked, identity",
        "Transfer-Encoding: chunked\x0b",
        "Transfer-Encoding : chunked",
        "Transfer-Encoding:\r\n chunked",
        "Content-Length: 0\rTransfer-Encoding: chunked",
        "X: a\0b\r\nContent-Length: 0",
        "X\u{b}: a\r\nContent-Length: 0",
        ": a\r\nContent-Length: 0",
    ] {
        let statuses = attack(&gateway.url, &post(framing, SMUGGLED)).await;
        assert!(matches!(statuses[..], [400] | [501] | []), "{framing:?}: {statuses:?}");
        assert_eq!(service.take(), [], "{framing:?}");
    }
}

#[tokio::test]
async fn one_request_is_one_request_whatever_its_body_looks_like() {
    let service = Recorder::start(OK).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    let length = SMUGGLED.len();
    let chunk = format!("{length:x}\r\n{SMUGGLED}\r\n0\r\n\r\n");
    let with_extension = format!("{length:x};a=\"b\"\r\n{SMUGGLED}\r\n0\r\n\r\n");
    let with_trailers = format!("{length:x}\r\n{SMUGGLED}\r\n0\r\nX-User-Id: 1\r\n\r\n");
    for (framing, rest) in [
        (format!("Content-Length: {length}"), SMUGGLED.to_owned()),
        ("Transfer-Encoding: chunked".to_owned(), chunk.clone()),
        ("Transfer-Encoding: Chunked".to_owned(), chunk.clone()),
        ("Transfer-Encoding: chunked".to_owned(), with_extension),
        ("Transfer-Encoding: chunked\r\nTrailer: X-User-Id".to_owned(), with_trailers),
        // Named by Connection, which would leave the service without a length.
        (format!("Content-Length: {length}\r\nConnection: content-length"), SMUGGLED.to_owned()),
    ] {
        let statuses = attack(&gateway.url, &post(&framing, &rest)).await;
        assert_eq!(statuses, [200, 200], "{framing:?}");
        let requests = service.take();
        let lines: Vec<&str> = requests.iter().map(|(line, _)| line.as_str()).collect();
        let expected = ["POST /prompts/first HTTP/1.1", "GET /prompts/last HTTP/1.1"];
        assert_eq!(lines, expected, "{framing:?}");
        assert_eq!(requests[0].1, SMUGGLED.as_bytes(), "{framing:?}");
    }
    assert!(!service.heads.lock().unwrap().concat().to_lowercase().contains("x-user-id: 1"));
    // Both at once: the chunks count, no length goes with them, and nothing follows on the connection.
    for both in [
        format!("Content-Length: {}\r\nTransfer-Encoding: chunked", chunk.len() + 9),
        format!("Transfer-Encoding: chunked\r\nContent-Length: {}", chunk.len() + 9),
        "Transfer-Encoding: chunked\r\nContent-Length: 4".to_owned(),
    ] {
        let statuses = attack(&gateway.url, &post(&both, &chunk)).await;
        assert!(matches!(statuses[..], [200] | [200, 200] | [400]), "{both:?}: {statuses:?}");
        for (line, body) in service.take() {
            assert!(!line.contains("smuggled"), "{both:?}");
            assert!(body.is_empty() || body == SMUGGLED.as_bytes(), "{both:?}");
        }
    }
}

#[tokio::test]
async fn broken_chunks_end_the_connection() {
    let service = Recorder::start(OK).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    for chunks in [
        "g\r\n",
        "-1\r\n",
        "ffffffffffffffff1\r\n",
        "5\r\nhello0\r\n\r\n",
        "5\nhello\r\n0\r\n\r\n",
        "0\r\nbad trailer\r\n\r\n",
    ] {
        let bytes = post("Transfer-Encoding: chunked", &format!("{chunks}{SMUGGLED}"));
        let statuses = attack(&gateway.url, &bytes).await;
        assert!(statuses.len() <= 1, "{chunks:?}: {statuses:?}");
        assert!(service.take().iter().all(|(line, _)| !line.contains("smuggled")), "{chunks:?}");
    }
}

#[tokio::test]
async fn request_lines_that_are_none_reach_no_service() {
    let service = Recorder::start(OK).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    for line in [
        "GET  /prompts/first HTTP/1.1",
        "GET /prompts/first HTTP/1.2",
        "GET /prompts/first HTTP/2.0",
        "GET /prompts/first",
        "GET /prompts/fi rst HTTP/1.1",
        "GET /prompts/fi\trst HTTP/1.1",
        "GET /prompts/fi\u{7f}rst HTTP/1.1",
        "GET prompts/first HTTP/1.1",
        "GET * HTTP/1.1",
        "G(T /prompts/first HTTP/1.1",
        "PRI * HTTP/2.0",
        "CONNECT x:80 HTTP/1.1",
    ] {
        let statuses = attack(&gateway.url, format!("{line}\r\nHost: x\r\n\r\n").as_bytes()).await;
        assert!(statuses.first().is_none_or(|status| *status >= 400), "{line:?}: {statuses:?}");
        let requests = service.take();
        assert!(requests.iter().all(|(seen, _)| seen.contains("/prompts/last")), "{line:?}");
    }
    // Whole addresses name a host, which is not where the request goes.
    let line = "GET http://evil.example/prompts/first HTTP/1.1\r\nHost: x\r\n\r\n";
    let statuses = attack(&gateway.url, line.as_bytes()).await;
    assert!(matches!(statuses[..], [200, 200] | [400, 200]), "{statuses:?}");
    assert!(service.take().iter().all(|(line, _)| !line.contains("evil")));
}

#[tokio::test]
async fn nothing_upgrades_and_no_header_of_one_hop_passes() {
    let service = Recorder::start(OK).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    let headers = "Connection: upgrade, x-hop, close\r\nUpgrade: websocket, h2c\r\nX-Hop: 1\r\n\
                   HTTP2-Settings: AAMAAABkAAQAAP__\r\nKeep-Alive: 5\r\nProxy-Connection: x\r\n\
                   Proxy-Authorization: Basic YTpi\r\nTE: trailers\r\nX-User-Id: \u{ff}\r\n\
                   X_User-ID: 1\r\nx-internal-token: 1\r\n";
    let bytes = format!("GET /prompts/first HTTP/1.1\r\nHost: x\r\n{headers}\r\n");
    assert_eq!(attack(&gateway.url, bytes.as_bytes()).await, [200]);
    // A name that is no text hides none beside it.
    let bytes = b"GET /prompts/first HTTP/1.1\r\nHost: x\r\nConnection: x-hop, \xff, close\r\nX-Hop: 1\r\n\r\n";
    assert_eq!(attack(&gateway.url, bytes).await.first(), Some(&200));
    assert!(!service.heads.lock().unwrap()[1].to_lowercase().contains("x-hop:"));
    let head = service.heads.lock().unwrap()[0].to_lowercase();
    for name in [
        "upgrade:",
        "x-hop:",
        "keep-alive:",
        "proxy-connection:",
        "proxy-authorization:",
        "te:",
        "x-user-id:",
        "x_user-id:",
    ] {
        assert!(!head.lines().any(|line| line.starts_with(name)), "{name} in {head}");
    }
    assert!(!head.contains("x-internal-token: 1"), "{head}");
}

#[tokio::test]
async fn bytes_after_an_answer_reach_no_other_client() {
    const SURPLUS: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\
        HTTP/1.1 200 OK\r\nContent-Length: 8\r\nSet-Cookie: a=b\r\n\r\ninjected";
    let service = Recorder::start(SURPLUS).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    for _ in 0..20 {
        let mut connection = Connection::open(&gateway.url).await;
        let request = b"GET /prompts/first HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        connection.stream.write_all(request).await.unwrap();
        let (head, body) = connection.message().await.unwrap();
        assert!(head.starts_with("HTTP/1.1 200 ") && !head.contains("set-cookie"), "{head}");
        assert_eq!(body, b"ok");
        assert!(connection.message().await.is_none());
    }
}

#[tokio::test]
async fn a_length_beside_chunks_does_not_reach_the_client() {
    let (script, gateway) = script::start().await;
    let chunks = "Transfer-Encoding: chunked\r\n";
    for length in [0, 1, 2, 3, 99_999] {
        let length = format!("Content-Length: {length}\r\n");
        for framing in [format!("{length}{chunks}"), format!("{chunks}{length}")] {
            script.set_bytes(&format!("HTTP/1.1 200 OK\r\n{framing}\r\n2\r\nok\r\n0\r\n\r\n"));
            for request in [script::GET, script::UPLOAD, script::GET] {
                let mut client = script::send(&gateway, request).await;
                let (head, body) = client.message().await.unwrap();
                assert!(!head.to_lowercase().contains("content-length"), "{framing}: {head}");
                assert_eq!((body.as_slice(), client.rest().await.as_str()), (&b"ok"[..], ""));
            }
        }
    }
}

#[tokio::test]
async fn answers_that_are_none_are_the_services_fault() {
    for answer in [
        &b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nokk"[..],
        b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nBad Name: 1\r\n\r\n0\r\n\r\n",
        b"HTTP/3.0 200 OK\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n",
        b"\r\n\r\n\0\0\0\0",
    ] {
        let service = Recorder::start(answer).await;
        let gateway = gateway(&[("PROMPT", &service.url)]).await;
        let bytes = b"GET /prompts/first HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
        let statuses = attack(&gateway.url, bytes).await;
        assert_eq!(statuses, [502], "{:?}", String::from_utf8_lossy(answer));
    }
}
