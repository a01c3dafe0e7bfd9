//! Which answers are compressed, and what their headers say then.

use std::{
    io::Read,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::{HeaderMap, StatusCode, header},
    response::IntoResponse,
};
use http::Method;
use testkit::TestApp;

use crate::support::{StandIn, gateway};

type Headers = Vec<(&'static str, &'static str)>;

/// A text that becomes smaller, and is longer than one piece of work.
fn long_text() -> String {
    (0..20_000).map(|number| format!("{{\"number\":{number}}}\n")).collect()
}

/// Decodes a whole body.
pub fn decoded(coding: &str, bytes: &[u8]) -> String {
    let mut text = String::new();
    let read = match coding {
        "gzip" => flate2::read::GzDecoder::new(bytes).read_to_string(&mut text),
        "br" => brotli::Decompressor::new(bytes, 4096).read_to_string(&mut text),
        "zstd" => zstd::stream::read::Decoder::new(bytes).unwrap().read_to_string(&mut text),
        _ => { bytes }.read_to_string(&mut text),
    };
    read.unwrap();
    text
}

/// A gateway before a service that gives one answer to every request.
struct Fixture {
    gateway: TestApp,
    /// The conditions that the service was asked with.
    conditions: Arc<Mutex<Vec<HeaderMap>>>,
    _service: StandIn,
}

impl Fixture {
    async fn before(status: u16, headers: Headers, body: String) -> Self {
        let conditions: Arc<Mutex<Vec<HeaderMap>>> = Arc::default();
        let seen = conditions.clone();
        let answer = move |request: Request| {
            if request.uri().path().starts_with("/prompts") {
                seen.lock().unwrap().push(request.headers().clone());
            }
            let mut response =
                (StatusCode::from_u16(status).unwrap(), body.clone()).into_response();
            response.headers_mut().remove(header::CONTENT_TYPE);
            for (name, value) in &headers {
                response.headers_mut().append(*name, value.parse().unwrap());
            }
            async move { response }
        };
        let service = StandIn::start(Router::new().fallback(answer)).await;
        let gateway = gateway(&[("PROMPT", &service.url)]).await;
        Self { gateway, conditions, _service: service }
    }

    async fn ask(
        &self,
        method: Method,
        headers: &[(&str, &str)],
    ) -> (StatusCode, HeaderMap, Bytes) {
        ask(&format!("{}/prompts/1", self.gateway.url), method, headers).await
    }

    async fn get(&self, accepts: &str) -> (HeaderMap, Bytes) {
        let (_, headers, body) = self.ask(Method::GET, &[("accept-encoding", accepts)]).await;
        (headers, body)
    }

    fn last_condition(&self, name: &str) -> String {
        self.conditions.lock().unwrap().last().unwrap()[name].to_str().unwrap().to_owned()
    }
}

async fn ask(
    url: &str,
    method: Method,
    headers: &[(&str, &str)],
) -> (StatusCode, HeaderMap, Bytes) {
    let mut request = reqwest::Client::new().request(method, url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    (response.status(), response.headers().clone(), response.bytes().await.unwrap())
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn an_answer_is_compressed_in_the_coding_that_the_client_prefers() {
    let headers = vec![JSON, ("etag", "\"3\""), ("vary", "cookie"), ("accept-ranges", "bytes")];
    let fixture = Fixture::before(200, headers, long_text()).await;
    for (accepts, coding) in [
        ("gzip", "gzip"),
        ("br", "br"),
        ("zstd", "zstd"),
        ("gzip, deflate, br, zstd", "zstd"),
        ("br;q=0.5, GZIP;q=0.6", "gzip"),
        ("*", "zstd"),
    ] {
        let (headers, body) = fixture.get(accepts).await;
        assert_eq!(headers["content-encoding"], coding, "{accepts}");
        assert_eq!(headers["etag"], format!("\"3-{coding}\""));
        assert_eq!(headers["vary"], "cookie, accept-encoding");
        assert!(!headers.contains_key("content-length") && !headers.contains_key("accept-ranges"));
        assert!(body.len() < long_text().len() / 3, "{} bytes", body.len());
        assert_eq!(decoded(coding, &body), long_text());
    }
}

#[tokio::test]
async fn an_answer_stays_as_it_is_where_the_client_takes_no_coding() {
    let fixture = Fixture::before(200, vec![JSON, ("etag", "\"3\"")], long_text()).await;
    for accepts in ["", "identity", "gzip;q=0", "*;q=0", "deflate", "gzip;q=2", "identity;q=0"] {
        let (headers, body) = fixture.get(accepts).await;
        assert_eq!(body, long_text(), "{accepts}");
        assert_eq!(
            (&headers["etag"], &headers["vary"]),
            (&"\"3\"".parse().unwrap(), &"accept-encoding".parse().unwrap())
        );
        assert_eq!(headers["content-length"], long_text().len().to_string());
        assert!(!headers.contains_key("content-encoding"));
    }
    let (_, headers, body) = fixture.ask(Method::GET, &[]).await;
    assert_eq!(body, long_text());
    assert!(!headers.contains_key("content-encoding"));
}

#[tokio::test]
async fn an_answer_that_must_not_change_or_would_not_shrink_stays_as_it_is() {
    let short = "x".repeat(1023);
    let cases: [(u16, Headers, String); 11] = [
        (200, vec![JSON], short),
        (200, vec![("content-type", "image/png")], long_text()),
        (200, vec![("content-type", "text/event-stream")], long_text()),
        (200, vec![], long_text()),
        (200, vec![JSON, ("cache-control", "max-age=1, No-Transform")], long_text()),
        (200, vec![JSON, ("content-encoding", "deflate")], long_text()),
        (200, vec![JSON, ("set-cookie", "refresh=secret")], long_text()),
        (200, vec![JSON, ("content-digest", "sha-256=:AA==:")], long_text()),
        (206, vec![JSON, ("content-range", "bytes 0-9/10")], long_text()),
        (206, vec![JSON], long_text()),
        (204, vec![JSON], String::new()),
    ];
    for (status, headers, body) in cases {
        let fixture = Fixture::before(status, headers.clone(), body.clone()).await;
        let (answered, received) = fixture.get("gzip, br, zstd").await;
        assert_eq!(received, body, "{headers:?}");
        assert_eq!(
            answered.get("content-encoding").is_some(),
            headers.iter().any(|(name, _)| *name == "content-encoding")
        );
        let vary =
            answered.get_all("vary").iter().any(|vary| vary.to_str().unwrap().contains("encoding"));
        assert!(!vary, "{headers:?}: it never depends on Accept-Encoding");
    }
}

#[tokio::test]
async fn a_short_answer_is_compressed_for_who_takes_nothing_else() {
    let fixture = Fixture::before(200, vec![JSON], "x".repeat(100)).await;
    let (headers, body) = fixture.get("gzip, identity;q=0").await;
    assert_eq!(headers["content-encoding"], "gzip");
    assert_eq!(decoded("gzip", &body), "x".repeat(100));
}

#[tokio::test]
async fn the_answer_to_head_has_the_headers_of_the_one_to_get() {
    let fixture = Fixture::before(200, vec![JSON, ("etag", "\"3\"")], long_text()).await;
    for accepts in ["br", "identity"] {
        let (of_get, _) = fixture.get(accepts).await;
        let (_, of_head, body) = fixture.ask(Method::HEAD, &[("accept-encoding", accepts)]).await;
        assert!(body.is_empty());
        for name in ["content-encoding", "etag", "vary", "content-length", "content-type"] {
            assert_eq!(of_head.get(name), of_get.get(name), "{name} for {accepts}");
        }
    }
    let short = Fixture::before(200, vec![JSON], "short".to_owned()).await;
    let (_, of_head, _) = short.ask(Method::HEAD, &[("accept-encoding", "br")]).await;
    assert_eq!(of_head["content-length"], "5");
    assert!(!of_head.contains_key("content-encoding"));
}

#[tokio::test]
async fn the_service_understands_the_tag_of_every_form() {
    let fixture = Fixture::before(304, vec![("etag", "\"3\"")], String::new()).await;
    for (tag, accepts) in [
        ("\"3\"", Some("gzip")),
        ("\"3-gzip\"", Some("gzip")),
        ("\"3-gzip\"", Some("br, gzip;q=0.1")),
        ("\"3-br\"", Some("*")),
        ("\"3-zstd\"", None),
        ("\"3\"", None),
    ] {
        let mut headers = vec![("if-none-match", tag)];
        headers.extend(accepts.map(|accepts| ("accept-encoding", accepts)));
        let (status, answered, body) = fixture.ask(Method::GET, &headers).await;
        assert_eq!((status.as_u16(), body.len()), (304, 0));
        assert_eq!(answered["etag"], tag, "{accepts:?}");
        assert_eq!(answered["vary"], "accept-encoding");
        assert!(!answered.contains_key("content-encoding"));
        assert_eq!(fixture.last_condition("if-none-match"), "\"3\"");
        headers[0].0 = "if-match";
        fixture.ask(Method::PATCH, &headers).await;
        assert_eq!(fixture.last_condition("if-match"), "\"3\"");
    }
    let refused = [("if-none-match", "\"3-gzip\""), ("accept-encoding", "br")];
    fixture.ask(Method::GET, &refused).await;
    assert_eq!(fixture.last_condition("if-none-match"), "\"3-gzip\"", "a form that it cannot read");
}

#[tokio::test]
async fn the_gateways_own_pages_are_compressed() {
    let fixture = Fixture::before(200, vec![], String::new()).await;
    let url = format!("{}/swagger-ui/swagger-ui-bundle.js", fixture.gateway.url);
    let (_, plain_headers, plain) = ask(&url, Method::GET, &[]).await;
    assert!(!plain_headers.contains_key("content-encoding"));
    let (_, headers, body) = ask(&url, Method::GET, &[("accept-encoding", "br")]).await;
    assert_eq!(headers["content-encoding"], "br");
    assert!(body.len() < plain.len() / 2);
    assert_eq!(decoded("br", &body).as_bytes(), plain);
}
