//! Streams of server-sent events.

use std::time::Duration;

use http::Method;
use serde_json::Value;
use tokio::time::timeout;

use crate::Client;

/// How long an event may take.
const DEADLINE: Duration = Duration::from_secs(60);

/// A stream of server-sent events.
pub struct Events {
    response: reqwest::Response,
    buffer: Vec<u8>,
}

#[derive(Clone, Debug)]
pub struct Event {
    pub name: String,
    pub id: Option<String>,
    pub data: Value,
}

impl Client {
    /// Opens a stream of events.
    ///
    /// # Panics
    /// When the response is not a stream of events.
    pub async fn events(&self, path: &str) -> Events {
        let response = self.request(Method::GET, path).send().await.unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Events { response, buffer: Vec::new() }
    }
}

impl Events {
    /// Returns the next event, or `None` at the end of the stream. Skips comments.
    ///
    /// # Panics
    /// When neither comes within a minute.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(end) = self.buffer.windows(2).position(|pair| pair == b"\n\n") {
                let block: Vec<u8> = self.buffer.drain(..end + 2).collect();
                match parse(std::str::from_utf8(&block).unwrap()) {
                    Some(event) => return Some(event),
                    None => continue,
                }
            }
            let chunk = timeout(DEADLINE, self.response.chunk()).await.expect("an event in time");
            self.buffer.extend_from_slice(&chunk.ok().flatten()?);
        }
    }

    /// Reads the remaining events of a stream that the server has to end.
    ///
    /// # Panics
    /// When it is cut off instead.
    pub async fn until_closed(mut self) -> Vec<Event> {
        let mut text = std::mem::take(&mut self.buffer);
        loop {
            let chunk = timeout(DEADLINE, self.response.chunk()).await.expect("the end in time");
            match chunk.expect("a whole stream") {
                Some(chunk) => text.extend_from_slice(&chunk),
                None => break,
            }
        }
        std::str::from_utf8(&text).unwrap().split_terminator("\n\n").filter_map(parse).collect()
    }

    /// Reads the remaining events.
    pub async fn rest(mut self) -> Vec<Event> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await {
            events.push(event);
        }
        events
    }
}

fn parse(block: &str) -> Option<Event> {
    let field = |name: &str| {
        let mut values =
            block.lines().filter_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        values.next().map(|value| value.trim_start().to_owned())
    };
    let data = serde_json::from_str(&field("data")?).unwrap();
    Some(Event { name: field("event").unwrap_or_default(), id: field("id"), data })
}
