//! A service that records what reaches it, byte for byte, and a connection that is read strictly.

use std::sync::{Arc, Mutex};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};

use crate::support::HEALTH_PATH;

/// A request line, and the body with its framing removed.
pub type Recorded = (String, Vec<u8>);

/// A service that records each request, and answers `answer`.
pub struct Recorder {
    pub url: String,
    requests: Arc<Mutex<Vec<Recorded>>>,
    /// The heads.
    pub heads: Arc<Mutex<Vec<String>>>,
    task: JoinHandle<()>,
}

impl Recorder {
    pub async fn start(answer: &'static [u8]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let requests: Arc<Mutex<Vec<Recorded>>> = Arc::default();
        let heads: Arc<Mutex<Vec<String>>> = Arc::default();
        let shared = (requests.clone(), heads.clone());
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (requests, heads) = shared.clone();
                tokio::spawn(async move {
                    let mut connection = Connection::new(stream);
                    while let Some((head, body)) = connection.message().await {
                        let line = head.lines().next().unwrap_or_default().to_owned();
                        if line.contains(HEALTH_PATH) {
                            let found = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
                            let _ = connection.stream.write_all(found).await;
                            continue;
                        }
                        requests.lock().unwrap().push((line, body));
                        heads.lock().unwrap().push(head);
                        if connection.stream.write_all(answer).await.is_err() {
                            return;
                        }
                    }
                });
            }
        });
        Self { url, requests, heads, task }
    }

    pub fn take(&self) -> Vec<Recorded> {
        std::mem::take(&mut self.requests.lock().unwrap())
    }
}

impl Drop for Recorder {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One end of a connection, read strictly.
pub struct Connection {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl Connection {
    pub async fn open(url: &str) -> Self {
        Self::new(TcpStream::connect(url.trim_start_matches("http://")).await.unwrap())
    }

    pub fn new(stream: TcpStream) -> Self {
        Self { stream, received: Vec::new() }
    }

    /// Reads all there is until the other side ends.
    pub async fn rest(&mut self) -> String {
        while self.more().await.is_some() {}
        String::from_utf8_lossy(&std::mem::take(&mut self.received)).into_owned()
    }

    async fn more(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        let n = self.stream.read(&mut chunk).await.ok().filter(|n| *n > 0)?;
        self.received.extend_from_slice(&chunk[..n]);
        Some(())
    }

    async fn line(&mut self) -> Option<String> {
        loop {
            if let Some(end) = self.received.windows(2).position(|end| end == b"\r\n") {
                let line: Vec<u8> = self.received.drain(..end + 2).collect();
                return Some(String::from_utf8_lossy(&line[..end]).into_owned());
            }
            self.more().await?;
        }
    }

    async fn bytes(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.received.len() < count {
            self.more().await?;
        }
        Some(self.received.drain(..count).collect())
    }

    /// Reads a request or an answer: its head, and its body without chunks.
    pub async fn message(&mut self) -> Option<(String, Vec<u8>)> {
        let mut head = String::new();
        loop {
            let line = self.line().await?;
            if line.is_empty() {
                break;
            }
            head.push_str(&line);
            head.push('\n');
        }
        let field = |name: &str| {
            let lower = head.to_lowercase();
            let found = lower.lines().find_map(|line| line.strip_prefix(name).map(str::to_owned));
            found.map(|value| value.trim().to_owned())
        };
        let body = match (field("transfer-encoding:"), field("content-length:")) {
            (Some(_), length) => {
                assert_eq!(length, None, "two lengths: {head}");
                self.chunks().await?
            }
            (None, Some(length)) => self.bytes(length.parse().unwrap()).await?,
            (None, None) => Vec::new(),
        };
        Some((head, body))
    }

    async fn chunks(&mut self) -> Option<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let size = usize::from_str_radix(&self.line().await?, 16).unwrap();
            body.extend(self.bytes(size).await?);
            assert_eq!(self.line().await?, "");
            if size == 0 {
                return Some(body);
            }
        }
    }
}
