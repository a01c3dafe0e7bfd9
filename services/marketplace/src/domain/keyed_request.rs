use aws_lc_rs::digest::{SHA256, digest};
use idempotency::IdempotencyKey;

/// An idempotency key with the digest of the order that came with it.
#[derive(Clone, Debug)]
pub struct KeyedRequest {
    pub key: IdempotencyKey,
    /// SHA-256 of the order: two spellings of one order have the same.
    pub hash: Vec<u8>,
}

impl KeyedRequest {
    pub fn new(key: IdempotencyKey, order: &str) -> Self {
        Self { key, hash: digest(&SHA256, order.as_bytes()).as_ref().to_vec() }
    }
}
