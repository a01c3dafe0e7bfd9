//! Answers from files, given to a dialect in pieces of any size, as a network may.

use std::{
    convert::Infallible,
    sync::{LazyLock, Mutex},
};

use bytes::Bytes;
use futures_util::stream;
use reqwest::Body;

use super::*;
use crate::providers::openai::OpenAi;

const ANSWER: &[u8] = include_bytes!("../../../tests/fixtures/openai/answer.sse");

pub const TEXT: &str = "Hello there, мир! 👋";

/// One for all: to make one takes time.
static CALLER: LazyLock<Caller> = LazyLock::new(|| {
    let second = Duration::from_secs(1);
    let deadlines = Deadlines { connect: second, first_byte: second, idle: second, whole: second };
    Caller::new(deadlines).unwrap()
});

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

/// What comes of a body that arrives so many bytes at a time, and the pieces that are heard of it.
pub async fn replay(
    dialect: &dyn Dialect,
    body: &[u8],
    size: usize,
) -> (Result<Answer, ProviderError>, Vec<String>) {
    let chunks: Vec<_> =
        body.chunks(size).map(|it| Ok::<_, Infallible>(Bytes::copy_from_slice(it))).collect();
    let body = Body::wrap_stream(stream::iter(chunks));
    let response = http::Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream")
        .body(body)
        .unwrap();
    let trace = Trace { call: Uuid::nil(), request_id: None, tries: 1 };
    let pieces = Mutex::new(Vec::new());
    let heard = |piece: &str| pieces.lock().unwrap().push(piece.to_owned());
    let first_byte = Instant::now() + Duration::from_secs(1);
    let answer = CALLER.listen(dialect, response.into(), first_byte, &heard, &trace).await;
    let answer = answer.map_err(|setback| match setback {
        Setback::Final(error) | Setback::Passing { error, .. } => error,
    });
    (answer, pieces.into_inner().unwrap())
}

/// The same answer, whole, at each size of its pieces: in the middle of lines and of characters.
pub async fn read_at_every_size(dialect: &dyn Dialect, body: &[u8]) -> Answer {
    let mut last = None;
    for size in (1..=64).chain([1000, body.len()]) {
        let (answer, pieces) = replay(dialect, body, size).await;
        let answer = answer.unwrap();
        assert_eq!(answer.text, TEXT, "{size}");
        assert_eq!(pieces, ["Hello", " there", ", мир", "! 👋"], "{size}");
        last = Some(answer);
    }
    last.unwrap()
}

fn openai() -> OpenAi {
    OpenAi::new(endpoint())
}

#[tokio::test]
async fn an_answer_that_ends_too_soon_is_no_answer() {
    let end = ANSWER.windows(6).rposition(|window| window == b"\"stop\"").unwrap();
    let first_word = ANSWER.windows(5).position(|window| window == b"Hello").unwrap();
    // Whatever is lost of it, up to the word that it is complete.
    for length in (0..end).step_by(7) {
        let (answer, _) = replay(&openai(), &ANSWER[..length], 100).await;
        match answer {
            Err(ProviderError::Interrupted { heard, .. }) if heard > 0 => {}
            Err(ProviderError::NoAnswer(_)) if length < first_word + 100 => {}
            Err(ProviderError::Garbled) if (1..400).contains(&length) => {}
            other => panic!("{length}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_complete_answer_that_loses_its_count_is_still_one() {
    let end = ANSWER.windows(6).rposition(|window| window == b"\"stop\"").unwrap();
    let rest = ANSWER[end..].windows(2).position(|window| window == b"\n\n").unwrap();
    let (answer, _) = replay(&openai(), &ANSWER[..end + rest + 2], 100).await;
    let answer = answer.unwrap();
    assert_eq!((answer.text.as_str(), answer.usage), (TEXT, None));
}

#[tokio::test]
async fn what_is_no_stream_of_events_makes_no_sense() {
    for body in
        [&b"<html>Log in to the network</html>"[..], b"data: {\"choices\": oops}\n\n", b"\xff\n\n"]
    {
        let (answer, _) = replay(&openai(), body, 10).await;
        assert!(matches!(answer, Err(ProviderError::Garbled)), "{answer:?}");
    }
}

#[tokio::test]
async fn no_answer_is_taken_that_could_fill_the_memory() {
    let line = format!(
        "data: {{\"choices\":[{{\"delta\":{{\"content\":\"{}\"}}}}]}}\n\n",
        "x".repeat(9000)
    );
    let (answer, _) = replay(&openai(), line.repeat(500).as_bytes(), 16_384).await;
    assert!(matches!(answer, Err(ProviderError::TooLarge)), "{answer:?}");
    let one_line = format!("data: {}", "x".repeat(5_000_000));
    let (answer, _) = replay(&openai(), one_line.as_bytes(), 16_384).await;
    assert!(matches!(answer, Err(ProviderError::TooLarge)), "{answer:?}");
}

#[test]
fn a_providers_id_is_only_kept_when_it_looks_like_one() {
    let id = |value: &str| {
        let mut headers = HeaderMap::new();
        headers.insert("request-id", value.parse().unwrap());
        request_id(&headers)
    };
    assert_eq!(id("req_1").as_deref(), Some("req_1"));
    assert_eq!(id("a b"), None);
    assert_eq!(id(&"x".repeat(101)), None);
}

/// Everything that is logged, by us and by what we use.
#[derive(Clone, Default)]
struct Log(std::sync::Arc<Mutex<Vec<u8>>>);

impl std::io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn the_log_names_the_call_and_never_the_key() {
    const KEY: &str = "sk-test-0123456789abcdefKEY";
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let _guard = tracing::subscriber::set_default(subscriber);

    let server = wiremock::MockServer::start().await;
    let refusal = wiremock::ResponseTemplate::new(401)
        .insert_header("x-request-id", "req_42")
        .set_body_raw(include_str!("../../../tests/fixtures/openai/401.json"), "application/json");
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(refusal).mount(&server).await;
    let mut env = http_kit::config::Env::with([("K", KEY)]);
    let key = crate::providers::secret::ApiKey::read(&mut env, "K");
    let second = Duration::from_secs(10);
    let deadlines = Deadlines { connect: second, first_byte: second, idle: second, whole: second };
    for (url, said) in
        [(server.uri(), "req_42"), ("http://127.0.0.1:1".to_owned(), "cannot be reached")]
    {
        let dialect = OpenAi::new(Endpoint { url, key: key.clone() });
        let caller = Caller::new(deadlines).unwrap();
        caller.ask(&dialect, &request("gpt-4o"), &|_| ()).await.unwrap_err();
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(said) && text.contains("gpt-4o"), "{text}");
        for part in [KEY, "sk-test-0123", "cdefKEY"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}
