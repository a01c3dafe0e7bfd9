//! Hearing an answer while it comes.

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

use super::{
    Answer, Caller, Dialect, Heard, LOST, ProviderError, Setback, Trace, Trouble, broken_off, said,
};

/// A larger answer is not taken, so that no provider can fill our memory.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// Nor one sent in more than this. Some hundred bytes come with each word.
const MAX_SENT_BYTES: usize = 64 * 1024 * 1024;
/// Where it comes all at once it is held all at once.
const MAX_WHOLE_BYTES: usize = 2 * MAX_ANSWER_BYTES;

/// How long the count of tokens is waited for once the answer is complete.
const AFTERWORD: Duration = Duration::from_secs(5);

const EMPTY: &str = "the provider ended the stream without a word.";

/// Why no more bytes come.
#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("the connection was lost")]
    Lost,
    #[error("too large")]
    TooLarge,
}

impl Caller {
    /// Reads the answer and gives each piece of it to `heard`.
    pub(super) async fn listen(
        &self,
        dialect: &dyn Dialect,
        response: Response,
        first_byte: Instant,
        heard: Heard<'_>,
        trace: &Trace,
    ) -> Result<Answer, Setback> {
        let mut answer = Answer::default();
        let is_whole = is_json(response.headers());
        let (limit, line) = match is_whole {
            true => (MAX_WHOLE_BYTES, MAX_WHOLE_BYTES),
            false => (MAX_SENT_BYTES, MAX_ANSWER_BYTES),
        };
        let said_something = Arc::new(AtomicBool::new(false));
        let bytes = bounded(response, limit, line, said_something.clone());
        if is_whole {
            // Some that speak as OpenAI does cannot stream, and answer all at once.
            let body = timeout_at(first_byte, collect(bytes)).await;
            let body = body.map_err(|_| ProviderError::TimedOut)?;
            let body = body.map_err(|error| broken(&error, &answer))?;
            let event = String::from_utf8_lossy(&body);
            take(dialect, &event, &mut answer, heard, trace)?;
        } else {
            let mut events = pin!(SseByteStream::new(bytes));
            let mut deadline = first_byte;
            let mut understood = false;
            while !answer.done {
                let event = match timeout_at(deadline, events.next()).await {
                    Ok(Some(Ok(event))) => event,
                    Ok(None) => break,
                    // All was said; only the count of tokens is missing.
                    Err(_) | Ok(Some(Err(_))) if answer.ended => break,
                    Err(_) => return Err(ProviderError::TimedOut.into()),
                    Ok(Some(Err(sse_stream::Error::Body(error)))) => {
                        let error = error.downcast_ref().unwrap_or(&ReadError::Lost);
                        return Err(broken(error, &answer).into());
                    }
                    Ok(Some(Err(_))) => return Err(ProviderError::Garbled.into()),
                };
                if let Some(data) = event.data.filter(|data| !data.is_empty()) {
                    take(dialect, &data, &mut answer, heard, trace)?;
                    understood = true;
                }
                let idle = self.deadlines.idle;
                deadline = Instant::now() + if answer.ended { idle.min(AFTERWORD) } else { idle };
            }
            if !understood {
                let error = match said_something.load(Relaxed) {
                    true => ProviderError::Garbled,
                    false => ProviderError::NoAnswer(EMPTY.to_owned()),
                };
                return Err(error.into());
            }
        }
        if answer.ended {
            return Ok(answer);
        }
        if answer.text.is_empty() {
            return Err(ProviderError::NoAnswer(EMPTY.to_owned()).into());
        }
        Err(broken(&ReadError::Lost, &answer).into())
    }
}

fn take(
    dialect: &dyn Dialect,
    event: &str,
    answer: &mut Answer,
    heard: Heard<'_>,
    trace: &Trace,
) -> Result<(), Setback> {
    let before = answer.text.len();
    let read = dialect.read(event, answer);
    let piece = &answer.text[before..];
    if !piece.is_empty() {
        heard(piece);
    }
    if answer.text.len() > MAX_ANSWER_BYTES {
        return Err(ProviderError::TooLarge.into());
    }
    let endpoint = dialect.endpoint();
    let read = read.map_err(|trouble| (trouble, answer.text.chars().count()));
    read.map_err(|(trouble, so_far)| match trouble {
        Trouble::Said { refusal, passing } => {
            let said = said(None, &refusal.message, endpoint, trace);
            match (so_far, passing) {
                (0, true) => Setback::Passing {
                    error: ProviderError::Unavailable(said),
                    asked_for: refusal.retry_after,
                },
                (0, false) => ProviderError::Rejected(said).into(),
                _ => broken_off(so_far, said).into(),
            }
        }
        Trouble::Declined(why) => ProviderError::Declined(said(None, &why, endpoint, trace)).into(),
        Trouble::Garbled if so_far == 0 => ProviderError::Garbled.into(),
        Trouble::Garbled => broken_off(so_far, "the rest makes no sense.".to_owned()).into(),
    })
}

fn broken(error: &ReadError, answer: &Answer) -> ProviderError {
    match error {
        ReadError::TooLarge => ProviderError::TooLarge,
        ReadError::Lost => broken_off(answer.text.chars().count(), LOST.to_owned()),
    }
}

fn is_json(headers: &HeaderMap) -> bool {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.is_some_and(|value| value.trim_start().starts_with("application/json"))
}

/// Bounds the bytes of a body in all and in one line, which is held until it ends. Sets `said_something`
/// when the body has more than empty lines and comments, by which servers show that they live.
fn bounded(
    response: Response,
    limit: usize,
    line_limit: usize,
    said_something: Arc<AtomicBool>,
) -> impl Stream<Item = Result<Bytes, ReadError>> {
    let (mut left, mut line, mut is_comment) = (limit, 0, false);
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
            if !is_comment && !part.trim_ascii().is_empty() {
                said_something.store(true, Relaxed);
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

/// As much of the body as comes, up to so many bytes.
pub(super) async fn read_some(response: Response, limit: usize) -> Vec<u8> {
    let mut bytes = pin!(bounded(response, limit, limit, Arc::default()));
    let mut all = Vec::new();
    while let Some(Ok(chunk)) = bytes.next().await {
        all.extend_from_slice(&chunk);
    }
    all
}
