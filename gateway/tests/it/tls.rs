//! TLS that ends at the gateway.

use std::{fs, sync::atomic::Ordering, time::Duration};

use gateway::Config;
use http_kit::config::Env;
use rustix::process::{Signal, getpid, kill_process};
use testkit::eventually;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    signal::unix::{SignalKind, signal},
    time::timeout,
};

use crate::{
    certificates::{Pair, secured, tcp},
    support::gateway_tuned,
};

const REQUEST: &[u8] = b"GET /prompts/public HTTP/1.1\r\nHost: api.example\r\n\r\n";

/// Sends a request, and returns the head and body of its answer.
async fn ask(stream: &mut (impl AsyncRead + AsyncWrite + Unpin)) -> String {
    stream.write_all(REQUEST).await.unwrap();
    let (mut answer, mut text) = (Vec::new(), String::new());
    while !is_whole(&text) {
        let read = stream.read_buf(&mut answer).await.unwrap();
        assert!(read > 0, "{text}");
        text = String::from_utf8(answer.clone()).unwrap();
    }
    text
}

fn is_whole(answer: &str) -> bool {
    let length = |head: &str| head.split_once("content-length: ")?.1.lines().next()?.parse().ok();
    answer.split_once("\r\n\r\n").is_some_and(|(head, body)| length(head) == Some(body.len()))
}

#[tokio::test]
async fn a_client_of_tls_is_served_and_its_service_knows() {
    let pair = Pair::new();
    let (gateway, _prompts) = secured(&pair, &[]).await;
    for protocols in [&["http/1.1"][..], &[]] {
        let mut stream = pair.connect(&gateway, protocols).await;
        // The second one on the same connection.
        ask(&mut stream).await;
        let answer = ask(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert!(answer.contains("strict-transport-security: max-age="), "{answer}");
        assert!(answer.contains(r#""x-forwarded-proto":"https""#), "{answer}");
        assert!(answer.contains(r#""x-forwarded-host":"api.example""#), "{answer}");
    }
}

#[tokio::test]
async fn a_client_that_speaks_no_tls_or_nothing_at_all_is_cut_off() {
    let pair = Pair::new();
    let (gateway, prompts) = secured(&pair, &[]).await;
    let mut plain = tcp(&gateway).await;
    plain.write_all(REQUEST).await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    let mut silent = tcp(&gateway).await;
    // The start of a handshake.
    silent.write_all(&[22, 3, 1, 2, 0]).await.unwrap();
    tokio::time::pause();
    let ended = timeout(Duration::from_secs(20), silent.read_to_end(&mut answer)).await;
    assert!(ended.is_ok(), "it waits for the rest of the handshake");
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 0);
}

#[tokio::test]
async fn a_new_certificate_holds_for_new_connections_and_a_bad_one_for_none() {
    // Without any handler a signal that comes too early would end the tests.
    let _handler = signal(SignalKind::hangup()).unwrap();
    let mut pair = Pair::new();
    let (gateway, _prompts) = secured(&pair, &[]).await;
    let mut old = pair.connect(&gateway, &[]).await;
    ask(&mut old).await;
    pair.renew();
    let seen = async || {
        let stream = pair.connect(&gateway, &[]).await;
        stream.get_ref().1.peer_certificates().unwrap()[0].clone()
    };
    eventually("the new certificate to be shown", || async {
        (seen().await == pair.written[1]).then_some(())
    })
    .await;
    ask(&mut old).await;

    // A key that does not belong to it, no certificate, no file: by the clock or by the signal.
    let other = Pair::new();
    let key = fs::read(pair.key_file()).unwrap();
    fs::copy(other.key_file(), pair.key_file()).unwrap();
    kill_process(getpid(), Signal::HUP).unwrap();
    for _ in 0..3 {
        assert!(seen().await == pair.written[1]);
    }
    fs::write(pair.key_file(), key).unwrap();
    fs::write(pair.certificate_file(), "nonsense").unwrap();
    kill_process(getpid(), Signal::HUP).unwrap();
    assert!(seen().await == pair.written[1]);
    fs::remove_file(pair.certificate_file()).unwrap();
    kill_process(getpid(), Signal::HUP).unwrap();
    assert!(seen().await == pair.written[1]);
    ask(&mut old).await;
    // It recovers from all of that.
    pair.renew();
    eventually("the third certificate to be shown", || async {
        kill_process(getpid(), Signal::HUP).unwrap();
        let stream = pair.connect(&gateway, &[]).await;
        (stream.get_ref().1.peer_certificates().unwrap()[0] == pair.written[2]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_hangup_has_a_new_certificate_read_at_once() {
    let _handler = signal(SignalKind::hangup()).unwrap();
    let mut pair = Pair::new();
    let files = pair.settings();
    let settings = files.each_ref().map(|(name, file)| (*name, file.as_str()));
    let never = |config: &mut Config| config.files_interval = Duration::from_secs(24 * 3600);
    let gateway = gateway_tuned(&[], &settings, never).await;
    pair.renew();
    eventually("the new certificate to be shown", || async {
        kill_process(getpid(), Signal::HUP).unwrap();
        let stream = pair.connect(&gateway, &[]).await;
        (stream.get_ref().1.peer_certificates().unwrap()[0] == pair.written[1]).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_balancer_s_header_comes_before_the_handshake() {
    let pair = Pair::new();
    let proxied = [("TRUSTED_PROXIES", "127.0.0.1"), ("PROXY_PROTOCOL", "on")];
    let (gateway, _prompts) = secured(&pair, &proxied).await;
    let mut stream = tcp(&gateway).await;
    stream.write_all(b"PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n").await.unwrap();
    let mut stream = pair.handshake(stream, &["http/1.1"]).await.unwrap();
    let answer = ask(&mut stream).await;
    assert!(answer.contains(r#""x-forwarded-for":"203.0.113.7""#), "{answer}");
    assert!(answer.contains(r#""x-forwarded-proto":"https""#), "{answer}");
}

#[test]
fn each_setting_that_cannot_be_used_is_named() {
    let (pair, other) = (Pair::new(), Pair::new());
    let [certificate, key] = pair.settings();
    let wrong = ("TLS_KEY_FILE", other.key_file().to_str().unwrap().to_owned());
    let nowhere = ("TLS_CERT_FILE", "/nowhere.pem".to_owned());
    let swapped = [("TLS_CERT_FILE", key.1.clone()), ("TLS_KEY_FILE", certificate.1.clone())];
    for (settings, expected) in [
        (vec![certificate.clone()], "TLS_KEY_FILE is not set"),
        (vec![key.clone()], "TLS_CERT_FILE is not set"),
        (vec![certificate.clone(), wrong], "TLS_KEY_FILE is not the key of the certificate"),
        (vec![nowhere, key.clone()], "TLS_CERT_FILE cannot be read"),
        (swapped.to_vec(), "TLS_CERT_FILE holds no certificate"),
        (vec![certificate, key, ("IDLE_TIMEOUT_SECONDS", "0".to_owned())], "IDLE_TIMEOUT_SECONDS"),
    ] {
        let mut env = Env::with(settings);
        let config = Config::read(&mut env);
        let text = env.finish(config).err().unwrap().to_string();
        assert!(text.contains(expected), "{expected}: {text}");
    }
}
