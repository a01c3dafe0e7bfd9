//! The request being served, available without passing it along: in errors, log lines, calls to other
//! services and event headers.

use std::{
    cell::Cell,
    hash::{BuildHasher, RandomState},
    time::{SystemTime, UNIX_EPOCH},
};

use http::{HeaderMap, HeaderName, HeaderValue, Method};
use uuid::Uuid;

use crate::text::truncate;

pub static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
pub static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

tokio::task_local! {
    static CURRENT: RequestContext;
}

/// The request that the current task serves.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// The client's id if it is a sane token (1 to 128 letters, digits and `_.-`), else a new one.
    pub request_id: HeaderValue,
    /// The W3C trace context, version 00.
    pub traceparent: HeaderValue,
    /// The path as this process received it, cut at 256 characters.
    pub path: String,
}

/// The most characters of a path that responses and log lines repeat.
const MAX_PATH: usize = 256;

impl RequestContext {
    pub fn from_request(headers: &HeaderMap, path: &str) -> Self {
        Self {
            request_id: headers
                .get(&X_REQUEST_ID)
                .filter(|value| is_sane_token(value.as_bytes()))
                .cloned()
                .unwrap_or_else(new_request_id),
            traceparent: headers
                .get(&TRACEPARENT)
                .filter(|value| is_traceparent(value.as_bytes()))
                .cloned()
                .unwrap_or_else(new_traceparent),
            path: truncate(path, MAX_PATH).into_owned(),
        }
    }

    pub fn request_id(&self) -> &str {
        // Only visible ASCII passes `is_sane_token`.
        self.request_id.to_str().unwrap_or_default()
    }

    /// Returns the trace context for what this request causes: the same trace, and a span of its own.
    pub fn child_traceparent(&self) -> HeaderValue {
        match self.traceparent.to_str().ok().and_then(|text| text.rsplit_once('-')) {
            Some((start, flags)) if start.len() > SPAN_DIGITS => {
                let (trace, _) = start.split_at(start.len() - SPAN_DIGITS);
                let span = new_span();
                header(&format!("{trace}{}-{flags}", String::from_utf8_lossy(&span)))
            }
            _ => new_traceparent(),
        }
    }

    /// Returns the span of the request, which gives its events their request id.
    pub fn span(&self, method: &Method) -> tracing::Span {
        tracing::info_span!("request", request_id = self.request_id(), %method, path = %self.path)
    }

    /// Calls `answer` with this context as [`RequestContext::current`], and in the request's span.
    pub fn in_scope<T>(&self, method: &Method, answer: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self.clone(), || self.span(method).in_scope(answer))
    }

    /// Returns the context of the request being served, if any.
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Runs `future` with this context as [`RequestContext::current`].
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }
}

fn is_sane_token(bytes: &[u8]) -> bool {
    (1..=128).contains(&bytes.len())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"_.-".contains(b))
}

/// Whether this is `00-<32 hex>-<16 hex>-<2 hex>` with neither id all zero.
fn is_traceparent(bytes: &[u8]) -> bool {
    let hex = |part: &[u8]| part.iter().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
    let nonzero = |part: &[u8]| part.iter().any(|b| *b != b'0');
    let parts: Vec<&[u8]> = bytes.split(|b| *b == b'-').collect();
    matches!(parts.as_slice(), [b"00", trace, span, flags]
        if trace.len() == 32 && span.len() == 16 && flags.len() == 2
            && hex(trace) && hex(span) && hex(flags) && nonzero(trace) && nonzero(span))
}

fn new_request_id() -> HeaderValue {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let mut random = [0; 10];
    random.copy_from_slice(&random_bytes()[..10]);
    let id = uuid::Builder::from_unix_timestamp_millis(now.as_millis() as u64, &random).into_uuid();
    header(id.hyphenated().encode_lower(&mut Uuid::encode_buffer()))
}

fn new_traceparent() -> HeaderValue {
    let trace = uuid::Builder::from_random_bytes(random_bytes()).into_uuid();
    let mut text = [0; TRACEPARENT_LENGTH];
    text[..3].copy_from_slice(b"00-");
    trace.simple().encode_lower(&mut text[3..35]);
    text[35] = b'-';
    text[36..52].copy_from_slice(&new_span());
    text[52..].copy_from_slice(b"-01");
    HeaderValue::from_bytes(&text).unwrap_or(HeaderValue::from_static("unknown"))
}

/// The length of `00-<32 hex>-<16 hex>-01`.
const TRACEPARENT_LENGTH: usize = 55;

/// The length of a span's id.
const SPAN_DIGITS: usize = 16;

/// Returns the id of a span, which is never all zero.
fn new_span() -> [u8; SPAN_DIGITS] {
    let random = uuid::Builder::from_random_bytes(random_bytes()).into_uuid();
    let mut digits = Uuid::encode_buffer();
    random.simple().encode_lower(&mut digits);
    let mut span = [0; SPAN_DIGITS];
    // The first half: it holds the digit that is never 0.
    span.copy_from_slice(&digits[..SPAN_DIGITS]);
    span
}

thread_local! {
    /// The keys of this thread's random numbers, and how many were made.
    static RANDOM: (RandomState, Cell<u64>) = Default::default();
}

/// Returns bytes that nobody has seen before, without a system call: a keyed hash of a counter. They make
/// ids that must differ, and no secrets.
fn random_bytes() -> [u8; 16] {
    RANDOM.with(|(keys, made)| {
        let count = made.get();
        made.set(count + 2);
        let mut bytes = [0; 16];
        bytes[..8].copy_from_slice(&keys.hash_one(count).to_le_bytes());
        bytes[8..].copy_from_slice(&keys.hash_one(count + 1).to_le_bytes());
        bytes
    })
}

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sane_client_id_is_kept_and_a_strange_one_replaced() {
        let with = |id: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(&X_REQUEST_ID, HeaderValue::from_static(id));
            RequestContext::from_request(&headers, "/").request_id().to_owned()
        };
        assert_eq!(with("abc-123_X.y"), "abc-123_X.y");
        assert_ne!(with("two words"), "two words");
        assert_ne!(with(""), "");
    }

    #[test]
    fn ids_that_are_made_differ_and_are_of_version_7() {
        let ids: std::collections::HashSet<_> = (0..1000)
            .map(|_| RequestContext::from_request(&HeaderMap::new(), "/").request_id().to_owned())
            .collect();
        assert_eq!(ids.len(), 1000);
        assert!(ids.iter().all(|id| id.parse::<Uuid>().unwrap().get_version_num() == 7));
        assert_ne!(new_traceparent(), new_traceparent());
    }

    #[test]
    fn what_a_request_causes_is_in_its_trace_under_a_span_of_its_own() {
        let caller = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-00";
        let mut headers = HeaderMap::new();
        headers.insert(&TRACEPARENT, HeaderValue::from_static(caller));
        let context = RequestContext::from_request(&headers, "/");
        let (child, other) = (context.child_traceparent(), context.child_traceparent());
        assert!(is_traceparent(child.as_bytes()), "{child:?}");
        assert!(child.to_str().unwrap().starts_with("00-4bf92f3577b34da6a3ce929d0e0e4736-"));
        assert!(child.to_str().unwrap().ends_with("-00"));
        assert!(child != caller && child != other);
    }

    #[test]
    fn a_malformed_traceparent_is_replaced_by_a_valid_one() {
        let good = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        assert!(is_traceparent(good.as_bytes()));
        assert!(!is_traceparent(b"00-00000000000000000000000000000000-00f067aa0ba902b7-01"));
        assert!(!is_traceparent(b"nonsense"));
        assert!(is_traceparent(new_traceparent().as_bytes()));
    }
}
