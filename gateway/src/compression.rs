//! Compression of answers: gzip, br or zstd, as `Accept-Encoding` asks, where it pays.
//!
//! - [`accept_encoding`]: which coding a request takes.
//! - [`entity_tag`]: tags of compressed answers, in `ETag` and in the conditions of requests.
//! - [`body`]: bodies that are compressed as they pass; [`encoder`]: the three codings.

mod accept_encoding;
mod body;
mod encoder;
mod entity_tag;

use axum::{
    body::{Body, HttpBody},
    extract::Request,
    middleware::Next,
    response::Response,
};
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};

pub use self::{accept_encoding::Preference, encoder::Coding};
use self::{body::CompressedBody, encoder::Encoder, entity_tag::Conditions};

/// The least bytes of an answer that is compressed: below, the head outweighs what is saved.
const MIN_BYTES: u64 = 1024;

/// The most answers that are compressed at once; further ones go as they are. An encoder takes up to 2.1 MB, of br.
const MAX_ENCODERS: usize = 48;

/// Headers that say that a body is coded, is a part, or must arrive byte for byte. A cookie beside a body could
/// be the secret that lengths of compressed answers give away (BREACH): the answers that set one hold tokens.
static AS_THEY_ARE: [HeaderName; 6] = [
    header::CONTENT_ENCODING,
    header::CONTENT_RANGE,
    header::SET_COOKIE,
    HeaderName::from_static("content-digest"),
    HeaderName::from_static("repr-digest"),
    HeaderName::from_static("digest"),
];

/// What a request says of how its answer may be coded.
pub struct Compression {
    preference: Preference,
    conditions: Conditions,
    is_head: bool,
}

impl Compression {
    /// Reads a request, and takes the suffixes of codings off the tags in its conditions: the service knows
    /// its answers uncompressed.
    pub fn of_request(method: &Method, headers: &mut HeaderMap) -> Self {
        let preference = Preference::read(headers);
        let conditions = Conditions::take_suffixes(method, headers, &preference);
        Self { preference, conditions, is_head: *method == Method::HEAD }
    }

    /// Compresses an answer as it passes, if the request takes that and it pays.
    pub fn apply(self, mut response: Response) -> Response {
        if response.status() == StatusCode::NOT_MODIFIED {
            self.conditions.put_suffix_back(response.headers_mut(), self.preference.coding);
            // As the answer would have had it, of which the type and length are unknown here.
            add_vary(response.headers_mut());
            return response;
        }
        let length = length(&response);
        let is_worth_it = length.is_none_or(|length| {
            length >= MIN_BYTES || (self.preference.refuses_identity && length > 0)
        });
        if !is_worth_it || !may_be_coded(response.status(), response.headers()) {
            return response;
        }
        add_vary(response.headers_mut());
        let Some(coding) = self.preference.coding else { return response };
        if self.is_head {
            set_headers(response.headers_mut(), coding);
            return response;
        }
        let Some(encoder) = Encoder::start(coding, length, MAX_ENCODERS) else { return response };
        set_headers(response.headers_mut(), coding);
        response.map(|body| Body::new(CompressedBody::new(body, encoder)))
    }
}

/// Compresses the answers of a router.
pub async fn layer(mut request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let compression = Compression::of_request(&method, request.headers_mut());
    compression.apply(next.run(request).await)
}

/// Returns the bytes of an answer, if it says how many they are. The body of an answer to HEAD does not.
fn length(response: &Response) -> Option<u64> {
    let declared = response.headers().get(header::CONTENT_LENGTH);
    match declared {
        Some(length) => length.to_str().ok()?.parse().ok(),
        None => response.body().size_hint().exact(),
    }
}

/// Returns whether compressing changes nothing of what an answer means, and makes it smaller.
fn may_be_coded(status: StatusCode, headers: &HeaderMap) -> bool {
    let has_body = !status.is_informational()
        && !matches!(
            status,
            StatusCode::NO_CONTENT | StatusCode::RESET_CONTENT | StatusCode::PARTIAL_CONTENT
        );
    has_body
        && is_compressible(headers.get(header::CONTENT_TYPE))
        && !AS_THEY_ARE.iter().any(|name| headers.contains_key(name))
        && !lists(headers, &header::CACHE_CONTROL, b"no-transform")
}

/// Returns whether bodies of a type become smaller. Events must arrive when they happen, and are short.
fn is_compressible(content_type: Option<&HeaderValue>) -> bool {
    let Some(text) = content_type.and_then(|value| value.to_str().ok()) else { return false };
    let essence = text.split(';').next().unwrap_or(text).trim().to_ascii_lowercase();
    match essence.split_once('/') {
        Some(("text", kind)) => kind != "event-stream",
        Some(("application", kind)) => {
            let known = [
                "json",
                "javascript",
                "x-javascript",
                "ecmascript",
                "x-ndjson",
                "jsonl",
                "xml",
                "yaml",
                "toml",
                "wasm",
                "manifest+json",
            ];
            known.contains(&kind) || kind.ends_with("+json") || kind.ends_with("+xml")
        }
        Some(("image", kind)) => kind == "svg+xml" || kind == "bmp",
        Some(("font", kind)) => kind == "ttf" || kind == "otf",
        _ => false,
    }
}

/// Returns whether one of the headers of a name lists a word, whatever its case.
fn lists(headers: &HeaderMap, name: &HeaderName, word: &[u8]) -> bool {
    let mut words =
        headers.get_all(name).iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b','));
    words.any(|listed| listed.trim_ascii().eq_ignore_ascii_case(word))
}

/// Says that the answer depends on `Accept-Encoding`, in one header with what else it depends on.
fn add_vary(headers: &mut HeaderMap) {
    if lists(headers, &header::VARY, b"accept-encoding") || lists(headers, &header::VARY, b"*") {
        return;
    }
    let mut merged = Vec::new();
    for value in headers.get_all(header::VARY) {
        merged.extend_from_slice(value.as_bytes());
        merged.extend_from_slice(b", ");
    }
    merged.extend_from_slice(b"accept-encoding");
    if let Ok(merged) = HeaderValue::from_bytes(&merged) {
        headers.insert(header::VARY, merged);
    }
}

/// Sets the headers of an answer that is coded.
fn set_headers(headers: &mut HeaderMap, coding: Coding) {
    headers.remove(header::CONTENT_LENGTH);
    // A part of the coded body could not be asked for.
    headers.remove(header::ACCEPT_RANGES);
    headers.insert(header::CONTENT_ENCODING, HeaderValue::from_static(coding.name()));
    entity_tag::add_suffix(headers, coding);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_compressed_and_streams_of_events_and_what_is_packed_already_are_not() {
        let is_compressible = |text| is_compressible(Some(&HeaderValue::from_static(text)));
        for good in [
            "application/json",
            "Application/JSON; charset=utf-8",
            "application/problem+json",
            "application/x-ndjson",
            "text/html",
            "text/css;charset=utf-8",
            "text/javascript",
            "image/svg+xml",
        ] {
            assert!(is_compressible(good), "{good}");
        }
        for bad in [
            "text/event-stream",
            "Text/Event-Stream; charset=utf-8",
            "image/png",
            "application/octet-stream",
            "application/zip",
            "video/mp4",
            "json",
            "",
        ] {
            assert!(!is_compressible(bad), "{bad}");
        }
    }

    fn vary_after(before: &[&'static str]) -> Vec<String> {
        let mut headers = HeaderMap::new();
        for value in before {
            headers.append(header::VARY, HeaderValue::from_static(value));
        }
        add_vary(&mut headers);
        headers.get_all(header::VARY).iter().map(|v| v.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn vary_is_merged_into_what_is_there() {
        assert_eq!(vary_after(&[]), ["accept-encoding"]);
        assert_eq!(vary_after(&["Cookie"]), ["Cookie, accept-encoding"]);
        assert_eq!(vary_after(&["Cookie", "Origin"]), ["Cookie, Origin, accept-encoding"]);
        for complete in ["Cookie,ACCEPT-Encoding", "*", "accept-encoding"] {
            assert_eq!(vary_after(&[complete]), [complete]);
        }
    }
}
