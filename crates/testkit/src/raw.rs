//! Requests written byte by byte, as slow or hostile clients send them.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

/// Sends all of `request` before reading, and returns the status of the response, and its text as far as
/// it arrives with the head.
///
/// # Panics
/// When there is no response.
pub async fn exchange(url: &str, request: &[u8]) -> (u16, String) {
    let mut stream = TcpStream::connect(url.trim_start_matches("http://")).await.unwrap();
    // A server may close the connection early: its response must arrive all the same.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    while !answer.windows(4).any(|end| end == b"\r\n\r\n") {
        match stream.read(&mut chunk).await {
            Ok(0) => break,
            Ok(n) => answer.extend_from_slice(&chunk[..n]),
            Err(error) => panic!("no answer: {error}"),
        }
    }
    let text = String::from_utf8_lossy(&answer).into_owned();
    let status = text.split(' ').nth(1).and_then(|code| code.parse().ok());
    (status.unwrap_or_else(|| panic!("no answer: {text:?}")), text)
}

/// Builds a request with a `Content-Length`. `head` holds the request line and headers, each ended by
/// `\r\n`.
pub fn with_length(head: &str, body: &[u8]) -> Vec<u8> {
    let head = format!("{head}Host: x\r\nContent-Length: {}\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Builds a request whose body comes in chunks of 1,000 bytes.
pub fn chunked(head: &str, body: &[u8]) -> Vec<u8> {
    let mut request = format!("{head}Host: x\r\nTransfer-Encoding: chunked\r\n\r\n").into_bytes();
    for chunk in body.chunks(1000) {
        request.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        request.extend_from_slice(chunk);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"0\r\n\r\n");
    request
}
