//! The services behind the gateway: one listener that reads strictly, records what reaches it, and numbers its
//! answers.

use std::sync::{Arc, Mutex, MutexGuard};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};

/// The header of an answer that numbers it, over all connections.
pub const ANSWER: &str = "x-answer: ";

/// A request that arrived whole.
pub struct Seen {
    pub number: usize,
    pub head: Head,
}

/// A request line, and the headers with names in lower case.
pub struct Head {
    pub line: String,
    pub headers: Vec<(String, String)>,
}

#[derive(Default)]
pub struct Record {
    pub seen: Vec<Seen>,
    /// What no gateway may send.
    pub faults: Vec<String>,
    /// The bytes that have arrived.
    pub arrived: usize,
    answers: usize,
}

/// A running listener.
pub struct Upstream {
    pub url: String,
    record: Arc<Mutex<Record>>,
}

impl Upstream {
    /// Starts with the keys that the user service publishes.
    ///
    /// # Panics
    /// When no port is free.
    pub async fn start(keys: String) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let record: Arc<Mutex<Record>> = Arc::default();
        let shared = record.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (record, keys) = (shared.clone(), keys.clone());
                let connection = Connection { stream, received: Vec::new(), record };
                tokio::spawn(connection.serve(keys));
            }
        });
        Self { url, record }
    }

    pub fn record(&self) -> MutexGuard<'_, Record> {
        self.record.lock().unwrap()
    }
}

impl Head {
    fn parse(text: &str) -> Result<Self, String> {
        let mut lines = text.split("\r\n");
        let line = lines.next().unwrap_or_default().to_owned();
        let mut headers = Vec::new();
        for field in lines {
            let (name, value) = field.split_once(": ").ok_or(format!("no header: {field:?}"))?;
            let is_token =
                |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
            if name.is_empty() || !name.bytes().all(is_token) || value.contains(['\r', '\n', '\0'])
            {
                return Err(format!("a bad header: {field:?}"));
            }
            headers.push((name.to_ascii_lowercase(), value.to_owned()));
        }
        Ok(Self { line, headers })
    }

    pub fn values<'h>(&'h self, name: &'h str) -> impl Iterator<Item = &'h str> {
        self.headers.iter().filter(move |(it, _)| it == name).map(|(_, value)| value.as_str())
    }

    fn one<'h>(&'h self, name: &'h str) -> Option<&'h str> {
        self.values(name).next()
    }
}

struct Connection {
    stream: TcpStream,
    received: Vec<u8>,
    record: Arc<Mutex<Record>>,
}

impl Connection {
    async fn serve(mut self, keys: String) {
        loop {
            match self.request().await {
                Ok(Some(head)) => {
                    let answer = self.answer(head, &keys);
                    if self.stream.write_all(answer.as_bytes()).await.is_err() {
                        return;
                    }
                }
                Ok(None) => return,
                Err(fault) => return self.record.lock().unwrap().faults.push(fault),
            }
        }
    }

    fn answer(&self, head: Head, keys: &str) -> String {
        // What the gateway asks for itself came through no gateway.
        if head.one("via").is_none() {
            let (status, body) = match head.line.as_str() {
                line if line.contains("/jwks.json ") => ("200 OK", keys),
                line if line.contains("/health/ready ") => ("200 OK", ""),
                _ => ("404 Not Found", ""),
            };
            return format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
        }
        let body = if head.line.starts_with("HEAD ") { "" } else { "ok" };
        let mut record = self.record.lock().unwrap();
        record.answers += 1;
        let number = record.answers;
        record.seen.push(Seen { number, head });
        format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{ANSWER}{number}\r\n\r\n{body}")
    }

    /// Reads a whole request; `None` where the connection ends before one is whole.
    async fn request(&mut self) -> Result<Option<Head>, String> {
        let Some(text) = self.through(b"\r\n\r\n").await else { return Ok(None) };
        // As bytes that are letters, so that nothing is lost.
        let text: String = text.iter().map(|byte| char::from(*byte)).collect();
        let head = Head::parse(&text)?;
        let lengths: Vec<&str> = head.values("content-length").collect();
        let codings: Vec<&str> = head.values("transfer-encoding").collect();
        let is_whole = match (lengths.as_slice(), codings.as_slice()) {
            ([], []) => true,
            ([length], []) => {
                let length = length.parse().map_err(|_| format!("no length: {length:?}"))?;
                self.take(length).await.is_some()
            }
            ([], ["chunked"]) => self.chunks().await?,
            _ => return Err(format!("framed in two ways: {lengths:?}, {codings:?}")),
        };
        Ok(is_whole.then_some(head))
    }

    async fn chunks(&mut self) -> Result<bool, String> {
        loop {
            let Some(size) = self.through(b"\r\n").await else { return Ok(false) };
            let size = String::from_utf8_lossy(&size).into_owned();
            let size = usize::from_str_radix(&size, 16).map_err(|_| format!("chunk {size:?}"))?;
            let Some(data) = self.take(size + 2).await else { return Ok(false) };
            if !data.ends_with(b"\r\n") {
                return Err("a chunk goes on after its end".to_owned());
            }
            if size == 0 {
                return Ok(true);
            }
        }
    }

    async fn through(&mut self, end: &[u8]) -> Option<Vec<u8>> {
        loop {
            let found = self.received.windows(end.len()).position(|it| it == end);
            if let Some(at) = found {
                let mut taken: Vec<u8> = self.received.drain(..at + end.len()).collect();
                taken.truncate(at);
                return Some(taken);
            }
            self.more().await?;
        }
    }

    async fn take(&mut self, count: usize) -> Option<Vec<u8>> {
        while self.received.len() < count {
            self.more().await?;
        }
        Some(self.received.drain(..count).collect())
    }

    async fn more(&mut self) -> Option<()> {
        let mut chunk = [0; 4096];
        let count = self.stream.read(&mut chunk).await.ok().filter(|count| *count > 0)?;
        self.received.extend_from_slice(&chunk[..count]);
        self.record.lock().unwrap().arrived += count;
        Some(())
    }
}
