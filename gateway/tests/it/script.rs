//! A service whose answers are given byte for byte, and may be of any framing.

use std::sync::{Arc, Mutex};

use testkit::{TestApp, eventually};
use tokio::{
    io::AsyncWriteExt,
    net::TcpListener,
    sync::Notify,
    task::{JoinHandle, yield_now},
};

use crate::{
    recorder::Connection,
    support::{HEALTH_PATH, gateway},
};

pub const GET: &str = "GET /prompts/first HTTP/1.1\r\nHost: x\r\n";
pub const HEAD: &str = "HEAD /prompts/first HTTP/1.1\r\nHost: x\r\n";
/// A write without a body: it is sent once, whatever happens to it.
pub const WRITE: &str = "POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n";
pub const UPLOAD: &str = "POST /prompts HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n";

pub const FRESH: &str = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfresh";

/// What is done with each request.
#[derive(Clone, Default)]
pub struct Answer {
    pub bytes: Vec<u8>,
    /// Whether each byte is sent by itself.
    pub is_in_pieces: bool,
    /// Whether the connection is closed after the answer.
    pub closes: bool,
    /// What is sent after the answer, once it is released.
    pub surplus: Vec<u8>,
}

/// A service that gives each request the answer that was set last.
pub struct Script {
    pub url: String,
    state: Arc<State>,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct State {
    answer: Mutex<Answer>,
    served: Mutex<Vec<(usize, String)>>,
    closed: Mutex<Vec<usize>>,
    release: Notify,
    released: Notify,
}

impl Script {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let state: Arc<State> = Arc::default();
        let shared = state.clone();
        let task = tokio::spawn(async move {
            let mut connections = 0..;
            while let (Ok((stream, _)), Some(number)) =
                (listener.accept().await, connections.next())
            {
                stream.set_nodelay(true).unwrap();
                let state = shared.clone();
                tokio::spawn(async move {
                    serve(Connection::new(stream), number, &state).await;
                    state.closed.lock().unwrap().push(number);
                });
            }
        });
        Self { url, state, task }
    }

    pub fn set(&self, answer: Answer) {
        *self.state.answer.lock().unwrap() = answer;
    }

    pub fn set_bytes(&self, bytes: &str) {
        self.set(Answer { bytes: bytes.as_bytes().to_vec(), ..Answer::default() });
    }

    /// Takes the requests so far: the number of the connection, and the head.
    pub fn take(&self) -> Vec<(usize, String)> {
        std::mem::take(&mut self.state.served.lock().unwrap())
    }

    /// Waits until either side has ended the connection of the last request.
    pub async fn ended(&self) {
        let last = self.state.served.lock().unwrap().last().unwrap().0;
        eventually("the connection to end", || async {
            self.state.closed.lock().unwrap().contains(&last).then_some(())
        })
        .await;
    }

    /// Sends the surplus of the last answer.
    pub async fn release(&self) {
        self.state.release.notify_one();
        self.state.released.notified().await;
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Serves a connection until either side ends it.
async fn serve(mut connection: Connection, number: usize, state: &State) {
    while let Some((head, _)) = connection.message().await {
        let is_check = head.contains(HEALTH_PATH);
        let answer = match is_check {
            true => {
                let bytes = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".to_vec();
                Answer { bytes, ..Answer::default() }
            }
            false => {
                state.served.lock().unwrap().push((number, head));
                state.answer.lock().unwrap().clone()
            }
        };
        let pieces = if answer.is_in_pieces { 1 } else { answer.bytes.len().max(1) };
        for piece in answer.bytes.chunks(pieces) {
            if connection.stream.write_all(piece).await.is_err() {
                return;
            }
            yield_now().await;
        }
        if !answer.surplus.is_empty() {
            state.release.notified().await;
            let _ = connection.stream.write_all(&answer.surplus).await;
            state.released.notify_one();
        }
        if answer.closes {
            return;
        }
    }
}

pub async fn start() -> (Script, TestApp) {
    let script = Script::start().await;
    let gateway = gateway(&[("PROMPT", &script.url)]).await;
    (script, gateway)
}

/// Sends a request as a client of its own, and returns the connection.
pub async fn send(gateway: &TestApp, request: &str) -> Connection {
    let body = if request == UPLOAD { "body" } else { "" };
    let mut connection = Connection::open(&gateway.url).await;
    let bytes = format!("{request}Connection: close\r\n\r\n{body}");
    connection.stream.write_all(bytes.as_bytes()).await.unwrap();
    connection
}

/// Returns the status and the body of an answer, after which nothing comes; `None` for one that broke off.
pub async fn ask(gateway: &TestApp, request: &str) -> Option<(u16, String)> {
    let mut connection = send(gateway, request).await;
    let (head, body) = connection.message().await?;
    assert_eq!(connection.rest().await, "", "after {head}");
    Some((head[9..12].parse().unwrap(), String::from_utf8(body).unwrap()))
}

/// Asserts that another client is answered over a connection other than those of the requests so far.
pub async fn assert_not_used_again(script: &Script, gateway: &TestApp, what: &str) {
    let before = script.take();
    script.set_bytes(FRESH);
    assert_eq!(ask(gateway, WRITE).await, Some((200, "fresh".to_owned())), "after {what}");
    let after = script.take();
    let is_used = before.iter().any(|(connection, _)| *connection == after[0].0);
    assert!(!before.is_empty() && after.len() == 1 && !is_used, "after {what}");
}
