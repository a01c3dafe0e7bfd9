//! Whose address a request is said to come from.

use std::{sync::atomic::Ordering, time::Duration};

use gateway::LimitClock;
use governor::clock::FakeRelativeClock;
use testkit::{TestApp, raw::exchange};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{StandIn, gateway_with};

/// Starts a gateway with these trusted proxies, before an echoing prompt service.
async fn behind(trusted: &str) -> (TestApp, StandIn) {
    let prompts = StandIn::echo().await;
    let settings = [("TRUSTED_PROXIES", trusted), ("RATE_LIMIT_READS", "2/min")];
    let upstreams = [("PROMPT", prompts.url.as_str())];
    // Nothing comes back while the test runs.
    let clock = LimitClock::Manual(FakeRelativeClock::default());
    (gateway_with(&upstreams, &settings, clock).await, prompts)
}

#[tokio::test]
async fn a_trusted_proxy_says_who_its_client_is_and_the_service_gets_one_of_each() {
    let (gateway, _prompts) = behind("127.0.0.0/8,10.0.0.0/8").await;
    let proxy = gateway
        .anonymous()
        .with_header("x-forwarded-for", "1.1.1.1, 203.0.113.9, 10.1.1.1")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-forwarded-host", "api.example")
        .with_header("x-forwarded-port", "1")
        .with_header("forwarded", "for=1.1.1.1")
        .with_header("x-real-ip", "1.1.1.1");
    let seen = proxy.get("/prompts/public").await.expect(200);
    let headers = &seen["headers"];
    assert_eq!(headers["x-forwarded-for"], "203.0.113.9");
    assert_eq!(headers["x-forwarded-proto"], "https");
    assert_eq!(headers["x-forwarded-host"], "api.example");
    for gone in ["forwarded", "x-real-ip", "x-forwarded-port"] {
        assert!(headers.get(gone).is_none(), "{gone}");
    }
}

#[tokio::test]
async fn another_peer_s_forwarding_headers_are_not_believed() {
    let (gateway, _prompts) = behind("10.0.0.0/8").await;
    let client = gateway
        .anonymous()
        .with_header("x-forwarded-for", "203.0.113.9")
        .with_header("x-forwarded-proto", "https")
        .with_header("x-forwarded-host", "api.example");
    let seen = client.get("/prompts/public").await.expect(200);
    assert_eq!(seen["headers"]["x-forwarded-for"], "127.0.0.1");
    assert_eq!(seen["headers"]["x-forwarded-proto"], "http");
    assert!(seen["headers"]["x-forwarded-host"].as_str().unwrap().starts_with("127.0.0.1:"));
}

#[tokio::test]
async fn clients_behind_a_trusted_proxy_are_counted_apart_and_one_ipv6_network_together() {
    let (gateway, prompts) = behind("127.0.0.1").await;
    let read = async |address: &str| {
        let client = gateway.anonymous().with_header("x-forwarded-for", address);
        client.get("/prompts/public").await.status.as_u16()
    };
    for (address, expected) in [
        ("203.0.113.1", 200),
        // The left of the list is the client's own invention.
        ("198.51.100.7, 203.0.113.1", 200),
        ("198.51.100.8, 203.0.113.1", 429),
        ("::ffff:203.0.113.1", 429),
        ("203.0.113.2", 200),
        ("2001:db8:0:1::1", 200),
        ("2001:db8:0:1::2", 200),
        ("2001:db8:0:1:ffff::3", 429),
        ("2001:db8:0:2::1", 200),
    ] {
        assert_eq!(read(address).await, expected, "{address}");
    }
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 6);
}

/// Starts a gateway that reads PROXY headers from these proxies.
async fn proxied(trusted: &str) -> (TestApp, StandIn) {
    let prompts = StandIn::echo().await;
    let settings = [("TRUSTED_PROXIES", trusted), ("PROXY_PROTOCOL", "on")];
    let upstreams = [("PROMPT", prompts.url.as_str())];
    (gateway_with(&upstreams, &settings, LimitClock::default()).await, prompts)
}

const REQUEST: &str = "GET /prompts/public HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";

#[tokio::test]
async fn a_trusted_balancer_says_who_connected_in_either_version() {
    let (gateway, _prompts) = proxied("127.0.0.1").await;
    let v2: &[u8] =
        b"\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\xcb\0\x71\x07\xc0\0\x02\x01\x12\x67\x01\xbb";
    for header in [b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n".as_slice(), v2] {
        let request = [header, REQUEST.as_bytes(), b"X-Forwarded-For: 1.1.1.1\r\n\r\n"].concat();
        let (status, answer) = exchange(&gateway.url, &request).await;
        assert_eq!(status, 200, "{answer}");
        // The client is no proxy: what it says of itself is not believed.
        assert!(answer.contains(r#""x-forwarded-for":"203.0.113.7""#), "{answer}");
    }
    let local = format!("PROXY UNKNOWN\r\n{REQUEST}\r\n");
    let (status, answer) = exchange(&gateway.url, local.as_bytes()).await;
    assert!(status == 200 && answer.contains(r#""x-forwarded-for":"127.0.0.1""#), "{answer}");
}

#[tokio::test]
async fn a_trusted_balancer_without_a_header_is_cut_off() {
    let (gateway, prompts) = proxied("127.0.0.1").await;
    let address = gateway.url.trim_start_matches("http://");
    for sent in [format!("{REQUEST}\r\n"), "PROXY TCP4 a b c d\r\n".to_owned()] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(sent.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        assert!(answer.is_empty(), "{sent}: {answer:?}");
    }
    // One that sends nothing is not waited for.
    let mut silent = TcpStream::connect(address).await.unwrap();
    silent.write_all(b"PROXY ").await.unwrap();
    tokio::time::pause();
    let ended = timeout(Duration::from_secs(10), silent.read(&mut [0; 1])).await;
    assert_eq!(ended.expect("it is not waited for").unwrap(), 0);
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn another_peer_s_proxy_header_is_a_bad_request() {
    let (gateway, prompts) = proxied("10.0.0.1").await;
    let forged = format!("PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n{REQUEST}\r\n");
    assert_eq!(exchange(&gateway.url, forged.as_bytes()).await.0, 400);
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 0);
    gateway.anonymous().get("/prompts/public").await.expect(200);
}
