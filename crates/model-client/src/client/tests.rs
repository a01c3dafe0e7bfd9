//! Tests of what a call logs.

use std::{sync::Mutex, time::Duration};

use super::*;
use crate::{providers::openai::OpenAi, replay::request};

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

/// A log of everything, by us and by what we use.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

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
        .set_body_raw(include_str!("../../tests/fixtures/openai/401.json"), "application/json");
    wiremock::Mock::given(wiremock::matchers::any()).respond_with(refusal).mount(&server).await;
    let mut env = http_kit::config::Env::with([("K", KEY)]);
    let key = crate::api_key::ApiKey::read(&mut env, "K");
    let second = Duration::from_secs(10);
    let deadlines = Deadlines { connect: second, first_byte: second, idle: second, whole: second };
    for (url, said) in
        [(server.uri(), "req_42"), ("http://127.0.0.1:1".to_owned(), "cannot be reached")]
    {
        let dialect = OpenAi::new(Endpoint { url, key: key.clone() });
        let client = ModelClient::new(deadlines).unwrap();
        client.call(&dialect, &request("gpt-4o"), &|_| ()).await.unwrap_err();
        let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(text.contains(said) && text.contains("gpt-4o"), "{text}");
        for part in [KEY, "sk-test-0123", "cdefKEY"] {
            assert!(!text.contains(part), "{text}");
        }
    }
}
