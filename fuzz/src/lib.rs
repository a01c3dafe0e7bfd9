//! What the targets share, none of it the gateway's own: readers that its answers are compared with.

pub mod answer;
pub mod framing;
pub mod hyper_client;
pub mod paths;
pub mod proxy_header;
pub mod upstream;

use std::{
    pin::pin,
    task::{Context, Poll, Waker},
};

/// Returns the output of a future that waits for nothing.
///
/// # Panics
/// When it waits.
pub fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(output) => output,
        Poll::Pending => panic!("a future waits"),
    }
}

/// Removes the white space that HTTP allows around values.
pub fn trim(bytes: &[u8]) -> &[u8] {
    let is_space = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = bytes.iter().position(|byte| !is_space(byte)).unwrap_or(bytes.len());
    let end = bytes.iter().rposition(|byte| !is_space(byte)).map_or(start, |last| last + 1);
    &bytes[start..end]
}
