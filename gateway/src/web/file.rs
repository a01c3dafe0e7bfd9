//! Files, and answers with them.

use aws_lc_rs::digest;
use axum::{
    body::Body,
    extract::Request,
    response::{IntoResponse, Response},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};

use super::navigation::ASSETS;
use crate::compression::{Coding, Preference};

/// The bytes of a digest that are in an entity tag.
const TAG_BYTES: usize = 16;

/// The caching of names that hold a digest of their file: another build has other names.
const FOR_GOOD: HeaderValue = HeaderValue::from_static("public, max-age=31536000, immutable");

/// The caching of names that the next build has too.
const CHECKED: HeaderValue = HeaderValue::from_static("no-cache");

/// A file of a build.
pub struct File {
    content_type: HeaderValue,
    cache_control: HeaderValue,
    /// The entity tag of the bytes as they are, without its quotes.
    tag: String,
    bytes: Bytes,
    /// The same compressed, the coding that is preferred first.
    compressed: Vec<(Coding, Bytes)>,
}

impl File {
    pub fn new(path: &str, bytes: Vec<u8>, brotli: Option<Vec<u8>>, gzip: Option<Vec<u8>>) -> Self {
        let digest = digest::digest(&digest::SHA256, &bytes);
        let brotli = brotli.map(|bytes| (Coding::Brotli, bytes.into()));
        let gzip = gzip.map(|bytes| (Coding::Gzip, bytes.into()));
        Self {
            content_type: HeaderValue::from_static(content_type(path)),
            cache_control: if path.starts_with(ASSETS) { FOR_GOOD } else { CHECKED },
            tag: URL_SAFE_NO_PAD.encode(&digest.as_ref()[..TAG_BYTES]),
            compressed: brotli.into_iter().chain(gzip).collect(),
            bytes: bytes.into(),
        }
    }

    /// Answers a GET or HEAD. What is not compressed in the build is compressed by the layer around the router,
    /// which also gives the tag in a 304 the suffix of the client's coding.
    pub fn answer(&self, request: &Request) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, self.cache_control.clone());
        headers.insert(header::VARY, const { HeaderValue::from_static("accept-encoding") });
        if is_known(request.headers(), &self.tag) {
            headers.extend(self.entity_tag(""));
            return (StatusCode::NOT_MODIFIED, headers).into_response();
        }
        headers.insert(header::CONTENT_TYPE, self.content_type.clone());
        let (coding, bytes) = self.preferred(request.headers());
        match coding {
            Some(coding) => {
                let name = HeaderValue::from_static(coding.name());
                headers.insert(header::CONTENT_ENCODING, name);
                headers.extend(self.entity_tag(&format!("-{}", coding.name())));
            }
            None => headers.extend(self.entity_tag("")),
        }
        headers.insert(header::CONTENT_LENGTH, bytes.len().into());
        let is_head = *request.method() == Method::HEAD;
        let body = if is_head { Body::empty() } else { Body::from(bytes.clone()) };
        (headers, body).into_response()
    }

    /// Returns the smallest form of the file that a request accepts.
    fn preferred(&self, headers: &HeaderMap) -> (Option<Coding>, &Bytes) {
        let preference = Preference::read(headers);
        // Without `Accept-Encoding`, or where identity is preferred, the bytes go as they are.
        let accepted = self
            .compressed
            .iter()
            .filter(|_| preference.coding.is_some())
            .find(|(coding, _)| preference.accepts(*coding));
        accepted.map_or((None, &self.bytes), |(coding, bytes)| (Some(*coding), bytes))
    }

    fn entity_tag(&self, suffix: &str) -> Option<(header::HeaderName, HeaderValue)> {
        let tag = HeaderValue::try_from(format!("\"{}{suffix}\"", self.tag)).ok()?;
        Some((header::ETAG, tag))
    }
}

/// Tells whether `If-None-Match` names a tag, which it does whole or as one of a list.
fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let values = headers.get_all(header::IF_NONE_MATCH).iter();
    let mut named = values.filter_map(|value| value.to_str().ok()).flat_map(|text| text.split(','));
    named.any(|named| {
        let named = named.trim();
        let named = named.strip_prefix("W/").unwrap_or(named);
        named == "*" || named.strip_prefix('"').and_then(|it| it.strip_suffix('"')) == Some(tag)
    })
}

/// Returns the content type for the ending of a path: those of what a client is built of. What is unknown is
/// not run or shown by a browser.
fn content_type(path: &str) -> &'static str {
    match path.rsplit_once('.').map(|(_, ending)| ending) {
        Some("js" | "mjs") => "text/javascript; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("jpg" | "jpeg") => "image/jpeg",
        Some("webp") => "image/webp",
        Some("avif") => "image/avif",
        Some("ico") => "image/x-icon",
        Some("woff2") => "font/woff2",
        Some("json" | "map") => "application/json",
        Some("webmanifest") => "application/manifest+json",
        Some("wasm") => "application/wasm",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
