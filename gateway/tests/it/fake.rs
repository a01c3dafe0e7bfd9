//! Instances that behave badly, below HTTP.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::HEALTH_PATH;

/// What a fake instance does with a request.
#[derive(Clone, Copy, PartialEq)]
pub enum Manner {
    /// Answers 200.
    Well,
    /// Answers 500 at once.
    Failing,
    /// Closes the connection without an answer.
    BreaksOff,
    /// Closes the connection in the middle of its answer.
    HalfAnswers,
    /// Answers nothing, its checks neither.
    Hangs,
    /// Answers 200, and 503 to its checks.
    Draining,
}

/// A fake instance, whose manner can change.
pub struct Fake {
    pub url: String,
    /// The number of requests other than checks.
    pub requests: Arc<AtomicUsize>,
    /// The number of open connections.
    pub connections: Arc<AtomicUsize>,
    manner: Arc<Mutex<Manner>>,
    task: JoinHandle<()>,
}

impl Fake {
    pub async fn start(manner: Manner) -> Self {
        Self::at("127.0.0.1:0", manner).await
    }

    pub async fn at(address: &str, manner: Manner) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (requests, connections) = (Arc::default(), Arc::<AtomicUsize>::default());
        let manner = Arc::new(Mutex::new(manner));
        let shared = (Arc::clone(&requests), connections.clone(), manner.clone());
        let task = tokio::spawn(async move {
            let mut serving = tokio::task::JoinSet::new();
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, connections, manner) = shared.clone();
                serving.spawn(async move {
                    connections.fetch_add(1, Ordering::Relaxed);
                    let _guard = Closing(connections);
                    serve(stream, &requests, &manner).await;
                });
            }
        });
        Self { url, requests, connections, manner, task }
    }

    pub fn set(&self, manner: Manner) {
        *self.manner.lock().unwrap() = manner;
    }

    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    pub fn address(&self) -> std::net::SocketAddr {
        self.url.trim_start_matches("http://").parse().unwrap()
    }
}

/// Ends it like a killed process: its connections break.
impl Drop for Fake {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct Closing(Arc<AtomicUsize>);

impl Drop for Closing {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

async fn serve(mut stream: TcpStream, requests: &AtomicUsize, manner: &Mutex<Manner>) {
    let mut received = Vec::new();
    while let Some(head) = read_request(&mut stream, &mut received).await {
        let manner = *manner.lock().unwrap();
        let is_check = head.starts_with(&format!("GET {HEALTH_PATH} "));
        if !is_check {
            requests.fetch_add(1, Ordering::Relaxed);
        }
        let answer: &[u8] = match (manner, is_check) {
            (Manner::Hangs, _) => return std::future::pending().await,
            (Manner::Draining, true) => b"HTTP/1.1 503 Draining\r\nContent-Length: 0\r\n\r\n",
            (Manner::Failing, false) => b"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n",
            (Manner::BreaksOff, false) => return,
            (Manner::HalfAnswers, false) => b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf",
            _ => b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok",
        };
        let is_half = manner == Manner::HalfAnswers && !is_check;
        if stream.write_all(answer).await.is_err() || is_half {
            return;
        }
    }
}

/// Reads one request with its body, and returns the head.
async fn read_request(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<String> {
    let end = loop {
        if let Some(end) = received.windows(4).position(|end| end == b"\r\n\r\n") {
            break end + 4;
        }
        read_more(stream, received).await?;
    };
    let head = String::from_utf8(received.drain(..end).collect()).unwrap();
    let length = head
        .to_lowercase()
        .lines()
        .find_map(|line| line.strip_prefix("content-length:")?.trim().parse::<usize>().ok());
    let length = length.unwrap_or(0);
    while received.len() < length {
        read_more(stream, received).await?;
    }
    received.drain(..length);
    Some(head)
}

async fn read_more(stream: &mut TcpStream, received: &mut Vec<u8>) -> Option<()> {
    let mut chunk = [0; 4096];
    let n = stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
    received.extend_from_slice(&chunk[..n]);
    Some(())
}
