use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use http::HeaderValue;
use serde::Serialize;

use crate::ReadError;

/// The bytes of the body's digest that an `ETag` shows.
const DIGEST_BYTES: usize = 12;

/// An answer as it is sent, with its `ETag`.
#[derive(Clone, Debug)]
pub struct JsonAnswer {
    pub(crate) json: Bytes,
    pub(crate) etag: HeaderValue,
}

impl JsonAnswer {
    /// Makes an answer whose `ETag` covers every byte of it.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn new(body: &impl Serialize) -> Result<Self, ReadError> {
        Self::with_tag(String::from("\""), body)
    }

    /// Makes an answer whose `ETag` begins with the revision that `If-Match` compares, before what covers every
    /// byte.
    ///
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn with_revision(revision: i64, body: &impl Serialize) -> Result<Self, ReadError> {
        Self::with_tag(format!("\"{revision}-"), body)
    }

    fn with_tag(mut etag: String, body: &impl Serialize) -> Result<Self, ReadError> {
        let json = Bytes::from(serde_json::to_vec(body)?);
        for byte in digest(&SHA256, &json).as_ref().iter().take(DIGEST_BYTES) {
            etag.push_str(&format!("{byte:02x}"));
        }
        etag.push('"');
        let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
        Ok(Self { json, etag })
    }

    /// Returns the bytes that a copy of the answer takes.
    pub(crate) fn weight(&self) -> usize {
        /// The bytes of the key, the tag, and the cache's own.
        const OTHERS: usize = 512;
        self.json.len() + OTHERS
    }
}
