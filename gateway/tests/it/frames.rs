//! Frames of HTTP/2, byte by byte, as hostile clients send them.

use testkit::TestApp;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::certificates::tcp;

pub const DATA: u8 = 0;
pub const HEADERS: u8 = 1;
pub const PRIORITY: u8 = 2;
pub const RST_STREAM: u8 = 3;
pub const SETTINGS: u8 = 4;
pub const PING: u8 = 6;
pub const GOAWAY: u8 = 7;
pub const WINDOW_UPDATE: u8 = 8;
pub const CONTINUATION: u8 = 9;

pub const END_STREAM: u8 = 1;
pub const END_HEADERS: u8 = 4;

/// The payload of a reset: CANCEL.
pub const CANCEL: [u8; 4] = [0, 0, 0, 8];

/// A frame as it was received.
#[derive(Debug)]
pub struct Frame {
    pub kind: u8,
    pub stream: u32,
    pub payload: Vec<u8>,
}

/// Returns the bytes of a frame.
pub fn frame(kind: u8, flags: u8, stream: u32, payload: &[u8]) -> Vec<u8> {
    let length = (payload.len() as u32).to_be_bytes();
    [&length[1..], &[kind, flags], &stream.to_be_bytes(), payload].concat()
}

/// Encodes headers as literals that enter no table.
pub fn block(headers: &[(&str, &str)]) -> Vec<u8> {
    let mut block = Vec::new();
    for (name, value) in headers {
        block.push(0);
        for text in [name, value] {
            integer(text.len(), &mut block);
            block.extend_from_slice(text.as_bytes());
        }
    }
    block
}

/// Encodes a length, with a prefix of seven bits.
fn integer(mut value: usize, block: &mut Vec<u8>) {
    if value < 127 {
        block.push(value as u8);
        return;
    }
    block.push(127);
    value -= 127;
    while value >= 128 {
        block.push((value % 128) as u8 | 128);
        value /= 128;
    }
    block.push(value as u8);
}

pub const GET: [(&str, &str); 4] = [
    (":method", "GET"),
    (":scheme", "http"),
    (":path", "/prompts/public"),
    (":authority", "api.example"),
];

/// Returns a whole request without a body.
pub fn get(stream: u32) -> Vec<u8> {
    frame(HEADERS, END_STREAM | END_HEADERS, stream, &block(&GET))
}

/// A client's end of a connection.
pub struct Raw {
    stream: TcpStream,
}

impl Raw {
    /// Begins a connection with these settings.
    pub async fn open(gateway: &TestApp, settings: &[u8]) -> Self {
        let mut raw = Self { stream: tcp(gateway).await };
        raw.stream.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
        assert!(raw.send(&frame(SETTINGS, 0, 0, settings)).await);
        raw
    }

    /// Sends bytes; tells whether the connection took them.
    pub async fn send(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).await.is_ok()
    }

    /// Reads a frame; `None` at the end of the connection.
    pub async fn next(&mut self) -> Option<Frame> {
        let mut head = [0; 9];
        self.stream.read_exact(&mut head).await.ok()?;
        let [a, b, c, kind, _, stream @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        self.stream.read_exact(&mut payload).await.ok()?;
        Some(Frame { kind, stream: u32::from_be_bytes(stream), payload })
    }

    /// Reads frames up to the first of a kind.
    pub async fn next_of(&mut self, kind: u8) -> Option<Frame> {
        loop {
            let frame = self.next().await?;
            if frame.kind == kind {
                return Some(frame);
            }
        }
    }

    /// Reads frames up to the end of the connection.
    ///
    /// # Panics
    /// When an answer comes first.
    pub async fn expect_end_before_an_answer(&mut self) {
        while let Some(frame) = self.next().await {
            assert_ne!(frame.kind, HEADERS, "{frame:?}");
        }
    }

    /// Sends bytes again and again while the connection takes them, and reads what comes; returns when it has
    /// ended.
    pub async fn flood(self, bytes: &[u8], most: usize) {
        let (mut reader, mut writer) = self.stream.into_split();
        let reading = async { tokio::io::copy(&mut reader, &mut tokio::io::sink()).await };
        let writing = async {
            for sent in 0.. {
                assert!(sent < most, "the connection took {sent} times {} bytes", bytes.len());
                if writer.write_all(bytes).await.is_err() {
                    break;
                }
            }
        };
        let _ = tokio::join!(reading, writing);
    }
}
