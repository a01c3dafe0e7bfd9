//! Answers from files, given to a dialect in pieces of any size, as a network may.

use std::{convert::Infallible, sync::Mutex, time::Duration};

use bytes::Bytes;
use futures_util::stream;
use http::header;
use reqwest::Body;
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    attempt::{AttemptError, CallTrace},
    completion::CompletionRequest,
    dialect::{Dialect, StreamedAnswer},
    provider::ProviderError,
    settings::Endpoint,
    stream::read_answer,
};

pub const TEXT: &str = "Hello there, мир! 👋";

pub fn endpoint() -> Endpoint {
    Endpoint { url: "http://127.0.0.1:1".to_owned(), key: None }
}

pub fn request(model: &str) -> CompletionRequest {
    CompletionRequest {
        model: model.to_owned(),
        system_prompt: None,
        prompt: "Say hello.".to_owned(),
        temperature: None,
        max_tokens: None,
        seed: None,
    }
}

/// Replays a body that arrives `size` bytes at a time. Returns the answer, and the chunks it was read in.
pub async fn replay(
    dialect: &dyn Dialect,
    body: &[u8],
    size: usize,
) -> (Result<StreamedAnswer, ProviderError>, Vec<String>) {
    let parts: Vec<_> =
        body.chunks(size).map(|it| Ok::<_, Infallible>(Bytes::copy_from_slice(it))).collect();
    let body = Body::wrap_stream(stream::iter(parts));
    let response = http::Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(body)
        .unwrap();
    let trace = CallTrace { call: Uuid::nil(), request_id: None, attempts: 1 };
    let chunks = Mutex::new(Vec::new());
    let on_chunk = |chunk: &str| chunks.lock().unwrap().push(chunk.to_owned());
    let second = Duration::from_secs(1);
    let deadlines = (Instant::now() + second, second);
    let answer = read_answer(dialect, response.into(), deadlines, &on_chunk, &trace).await;
    let answer = answer.map_err(|error| match error {
        AttemptError::Final(error) | AttemptError::Transient { error, .. } => error,
    });
    (answer, chunks.into_inner().unwrap())
}

/// Reads the same answer at each size of its parts: cut in the middle of lines and of characters.
pub async fn read_at_every_size(dialect: &dyn Dialect, body: &[u8]) -> StreamedAnswer {
    let mut last = None;
    for size in (1..=64).chain([1000, body.len()]) {
        let (answer, chunks) = replay(dialect, body, size).await;
        let answer = answer.unwrap();
        assert_eq!(answer.text, TEXT, "{size}");
        assert_eq!(chunks, ["Hello", " there", ", мир", "! 👋"], "{size}");
        last = Some(answer);
    }
    last.unwrap()
}
