use aws_lc_rs::digest::{SHA256, digest};
use axum::body::Bytes;
use http::HeaderValue;
use serde::Serialize;

use crate::ReadError;

/// The bytes of the body's digest that an `ETag` shows.
const DIGEST_BYTES: usize = 12;

/// An answer as it is sent. Its `ETag` covers every byte of it.
#[derive(Clone, Debug)]
pub struct JsonAnswer {
    pub(crate) json: Bytes,
    pub(crate) etag: HeaderValue,
}

impl JsonAnswer {
    /// # Errors
    /// When `body` cannot be written as JSON.
    pub fn new(body: &impl Serialize) -> Result<Self, ReadError> {
        let json = Bytes::from(serde_json::to_vec(body)?);
        let mut etag = String::with_capacity(2 * DIGEST_BYTES + 2);
        etag.push('"');
        for byte in digest(&SHA256, &json).as_ref().iter().take(DIGEST_BYTES) {
            etag.push_str(&format!("{byte:02x}"));
        }
        etag.push('"');
        let etag = HeaderValue::try_from(etag).unwrap_or(HeaderValue::from_static("\"\""));
        Ok(Self { json, etag })
    }

    /// Returns the bytes that a copy of the answer takes.
    pub(crate) fn weight(&self) -> u32 {
        /// The bytes of the key, the tag, and the cache's own.
        const OTHERS: usize = 512;
        u32::try_from(self.json.len() + OTHERS).unwrap_or(u32::MAX)
    }
}
