//! The memory that unfinished requests take.

use testkit::raw::exchange;
use tokio::{io::AsyncWriteExt, net::TcpStream};

use crate::{alone, fleet::Fleet, people::register, watch::Watch};

/// The most that a process may hold for itself.
const BOUND: u64 = 100 << 20;

async fn send(url: &str, request: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    // The process may refuse the request before it has read all of it.
    let _ = stream.write_all(request).await;
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn unfinished_heads_and_bodies_take_little_memory() {
    let _alone = alone().await;
    let fleet = Fleet::start().await;
    let author = register(&fleet, "author").await;
    let prompt = author.creates("Read by everyone").await;
    let watch = Watch::start(&fleet);
    let url = fleet.url();
    let mut open = Vec::new();
    let head = format!("GET /health HTTP/1.1\r\nHost: x\r\nX-Long: {}", "x".repeat(390_000));
    for _ in 0..250 {
        open.push(send(&url, head.as_bytes()).await);
    }
    let almost = format!(
        "POST /prompts/{prompt}/render HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: 1000000\r\n\r\n{{\"variables\":{{\"a\":\"{}",
        "x".repeat(990_000)
    );
    for _ in 0..120 {
        open.push(send(&url, almost.as_bytes()).await);
    }
    // A whole request is served meanwhile.
    let small = format!(
        "POST /prompts/{prompt}/render HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
         Content-Length: 33\r\n\r\n{{\"variables\":{{\"text\":\"the news\"}}}}"
    );
    assert_eq!(exchange(&url, small.as_bytes()).await.0, 200);
    for (process, seen) in watch.end().await {
        println!("{process}: {} MB", seen.memory >> 20);
        assert!(seen.memory < BOUND, "{process} took {} MB", seen.memory >> 20);
    }
    drop(open);
}
