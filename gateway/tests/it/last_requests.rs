//! Requests that come at the moment in which a gateway takes no more: each is answered, or its client cannot
//! connect. One that is not idempotent could not be sent again.

use std::{
    io::{Read, Write},
    net,
    sync::atomic::Ordering,
};

use testkit::eventually;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::spawn_blocking,
};

use crate::{
    certificates::tcp,
    support::{StandIn, gateway},
};

const POST: &[u8] = b"POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nwhole";

/// Sends a request, and reads until the connection ends.
async fn send(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let written = stream.write_all(POST).await;
    let read = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(written.is_ok() && read.is_ok(), "{written:?} {read:?} {answer}");
    answer
}

#[tokio::test]
async fn a_client_that_connected_before_the_stop_is_answered_once() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let url = gateway.url.trim_start_matches("http://").to_owned();
    let mut connected = tcp(&gateway).await;
    // A connection that was accepted later: so that one was, too.
    gateway.anonymous().get("/health").await.expect(200);
    drop(gateway);
    eventually("nobody to listen", || async {
        TcpStream::connect(&url).await.is_err().then_some(())
    })
    .await;
    let answer = send(&mut connected).await;
    assert!(
        answer.starts_with("http/1.1 200 ") && answer.contains("connection: close"),
        "{answer}"
    );
    assert_eq!(prompts.hits.load(Ordering::Relaxed), 1);
}

/// Sends requests, each on a connection of its own, until nobody listens; returns how many were answered.
fn send_often(address: &str) -> usize {
    for answered in 0.. {
        let Ok(mut stream) = net::TcpStream::connect(address) else { return answered };
        let mut status = [0; 13];
        let read = stream.write_all(POST).and_then(|()| stream.read_exact(&mut status));
        assert!(read.is_ok() && &status == b"HTTP/1.1 200 ", "{read:?} after {answered}");
    }
    0
}

#[tokio::test]
async fn every_request_of_clients_that_still_could_connect_is_answered() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let address = gateway.url.trim_start_matches("http://");
    // On other threads, which the end of the gateway does not wait for.
    let clients: Vec<_> = (0..8)
        .map(|_| address.to_owned())
        .map(|address| spawn_blocking(move || send_often(&address)))
        .collect();
    eventually("requests to arrive", || async {
        (prompts.hits.load(Ordering::Relaxed) > 200).then_some(())
    })
    .await;
    drop(gateway);
    let mut answered = 0;
    for client in clients {
        answered += client.await.unwrap();
    }
    assert_eq!(prompts.hits.load(Ordering::Relaxed), answered);
}
