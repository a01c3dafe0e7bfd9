//! Reads an answer while it arrives: as server-sent events, or as one JSON body.

use std::{
    pin::pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    time::Duration,
};

use bytes::Bytes;
use futures_util::{Stream, StreamExt};
use http::{HeaderMap, header};
use reqwest::Response;
use sse_stream::SseByteStream;
use tokio::time::{Instant, timeout_at};

use crate::{
    attempt::{AttemptError, CONNECTION_LOST, CallTrace, describe, interrupted},
    dialect::{Dialect, StreamError, StreamedAnswer},
    provider::{OnChunk, ProviderError},
    settings::Endpoint,
};

/// The largest text that is taken, so that no provider can fill our memory.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// The largest stream: some hundred bytes come with each word.
const MAX_STREAM_BYTES: usize = 64 * 1024 * 1024;
/// The largest answer in one body, which is held as a whole.
const MAX_WHOLE_BYTES: usize = 2 * MAX_ANSWER_BYTES;

/// The wait for the count of tokens once the text is complete.
const USAGE_TIMEOUT: Duration = Duration::from_secs(5);

const EMPTY: &str = "the provider ended the stream without a word.";

/// The reason that no more bytes arrive.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("the connection was lost")]
    Lost,
    #[error("too large")]
    TooLarge,
}

/// Reads the answer and gives each chunk of it to `on_chunk`. The first byte is awaited until
/// `first_byte`, each later event for `idle`.
///
/// # Errors
/// When there is no whole answer.
pub async fn read_answer(
    dialect: &dyn Dialect,
    response: Response,
    (first_byte, idle): (Instant, Duration),
    on_chunk: OnChunk<'_>,
    trace: &CallTrace,
) -> Result<StreamedAnswer, AttemptError> {
    let mut answer = StreamedAnswer::default();
    if is_json(response.headers()) {
        // Some that speak as OpenAI does cannot stream, and answer all at once.
        let bytes = bounded(response, MAX_WHOLE_BYTES, MAX_WHOLE_BYTES, Arc::default());
        let body = timeout_at(first_byte, collect(bytes)).await;
        let body = body.map_err(|_| ProviderError::TimedOut)?;
        let body = body.map_err(|error| read_error(&error, &answer))?;
        let event = String::from_utf8_lossy(&body);
        take_event(dialect, &event, &mut answer, on_chunk, trace)?;
    } else {
        let deadlines = (first_byte, idle);
        read_events(dialect, response, deadlines, &mut answer, on_chunk, trace).await?;
    }
    if answer.ended {
        return Ok(answer);
    }
    if answer.text.is_empty() {
        return Err(ProviderError::NoAnswer(EMPTY.to_owned()).into());
    }
    Err(read_error(&ReadError::Lost, &answer).into())
}

async fn read_events(
    dialect: &dyn Dialect,
    response: Response,
    (first_byte, idle): (Instant, Duration),
    answer: &mut StreamedAnswer,
    on_chunk: OnChunk<'_>,
    trace: &CallTrace,
) -> Result<(), AttemptError> {
    let has_content = Arc::new(AtomicBool::new(false));
    let bytes = bounded(response, MAX_STREAM_BYTES, MAX_ANSWER_BYTES, has_content.clone());
    let mut events = pin!(SseByteStream::new(bytes));
    let mut deadline = first_byte;
    let mut understood = false;
    while !answer.done {
        let event = match timeout_at(deadline, events.next()).await {
            Ok(Some(Ok(event))) => event,
            Ok(None) => break,
            // The text is complete; only the count of tokens is missing.
            Err(_) | Ok(Some(Err(_))) if answer.ended => break,
            Err(_) => return Err(ProviderError::TimedOut.into()),
            Ok(Some(Err(sse_stream::Error::Body(error)))) => {
                let error = error.downcast_ref().unwrap_or(&ReadError::Lost);
                return Err(read_error(error, answer).into());
            }
            Ok(Some(Err(_))) => return Err(ProviderError::Garbled.into()),
        };
        if let Some(data) = event.data.filter(|data| !data.is_empty()) {
            take_event(dialect, &data, answer, on_chunk, trace)?;
            understood = true;
        }
        deadline = Instant::now() + if answer.ended { idle.min(USAGE_TIMEOUT) } else { idle };
    }
    match (understood, has_content.load(Relaxed)) {
        (true, _) => Ok(()),
        (false, true) => Err(ProviderError::Garbled.into()),
        (false, false) => Err(ProviderError::NoAnswer(EMPTY.to_owned()).into()),
    }
}

/// Adds one event to the answer.
fn take_event(
    dialect: &dyn Dialect,
    event: &str,
    answer: &mut StreamedAnswer,
    on_chunk: OnChunk<'_>,
    trace: &CallTrace,
) -> Result<(), AttemptError> {
    let before = answer.text.len();
    let read = dialect.read_event(event, answer);
    let chunk = &answer.text[before..];
    if !chunk.is_empty() {
        on_chunk(chunk);
    }
    if answer.text.len() > MAX_ANSWER_BYTES {
        return Err(ProviderError::TooLarge.into());
    }
    read.map_err(|error| {
        let received = answer.text.chars().count();
        stream_error(error, received, dialect.endpoint(), trace)
    })
}

/// Makes the error of an attempt whose stream ended too soon, after `received` characters.
fn stream_error(
    error: StreamError,
    received: usize,
    endpoint: &Endpoint,
    trace: &CallTrace,
) -> AttemptError {
    match error {
        StreamError::Reported { refusal, is_transient } => {
            let description = describe(None, &refusal.message, endpoint, trace);
            match (received, is_transient) {
                (0, true) => AttemptError::Transient {
                    error: ProviderError::Unavailable(description),
                    retry_after: refusal.retry_after,
                },
                (0, false) => ProviderError::Rejected(description).into(),
                _ => interrupted(received, description).into(),
            }
        }
        StreamError::Declined(why) => {
            ProviderError::Declined(describe(None, &why, endpoint, trace)).into()
        }
        StreamError::Garbled if received == 0 => ProviderError::Garbled.into(),
        StreamError::Garbled => interrupted(received, "the rest makes no sense.".to_owned()).into(),
    }
}

fn read_error(error: &ReadError, answer: &StreamedAnswer) -> ProviderError {
    match error {
        ReadError::TooLarge => ProviderError::TooLarge,
        ReadError::Lost => interrupted(answer.text.chars().count(), CONNECTION_LOST.to_owned()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.trim_start().starts_with("application/json"))
}

/// Bounds the bytes of a body in all and in one line, which is held until it ends. Sets `has_content`
/// when the body has more than empty lines and comments, by which servers show that they live.
fn bounded(
    response: Response,
    limit: usize,
    line_limit: usize,
    has_content: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, ReadError>> {
    let (mut left, mut line, mut is_comment, mut is_set) = (limit, 0, false, false);
    response.bytes_stream().map(move |chunk| {
        let chunk = chunk.map_err(|_| ReadError::Lost)?;
        left = left.checked_sub(chunk.len()).ok_or(ReadError::TooLarge)?;
        for (i, part) in chunk.split(|byte| *byte == b'\n').enumerate() {
            if i > 0 {
                line = 0;
            }
            if line == 0 {
                is_comment = part.starts_with(b":");
            }
            if !is_set && !is_comment && !part.trim_ascii().is_empty() {
                is_set = true;
                has_content.store(true, Relaxed);
            }
            line += part.len();
            if line > line_limit {
                return Err(ReadError::TooLarge);
            }
        }
        Ok(chunk)
    })
}

async fn collect(
    bytes: impl Stream<Item = Result<Bytes, ReadError>>,
) -> Result<Vec<u8>, ReadError> {
    let mut bytes = pin!(bytes);
    let mut all = Vec::new();
    while let Some(chunk) = bytes.next().await {
        all.extend_from_slice(&chunk?);
    }
    Ok(all)
}

/// Reads the body until it ends, or exceeds `limit` bytes.
pub async fn read_prefix(response: Response, limit: usize) -> Vec<u8> {
    let mut bytes = pin!(bounded(response, limit, limit, Arc::default()));
    let mut all = Vec::new();
    while let Some(Ok(chunk)) = bytes.next().await {
        all.extend_from_slice(&chunk);
    }
    all
}

#[cfg(test)]
mod tests;
