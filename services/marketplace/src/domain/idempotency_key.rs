use aws_lc_rs::digest::{SHA256, digest};

/// By which a client asks for the same thing again and is sure to get it once: 1 to 255 visible
/// ASCII characters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IdempotencyKey(String);

impl IdempotencyKey {
    /// `None` when it is no key.
    pub fn parse(value: &[u8]) -> Option<Self> {
        let right = (1..=255).contains(&value.len()) && value.iter().all(u8::is_ascii_graphic);
        right.then(|| Self(value.iter().copied().map(char::from).collect()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A key beside what it was sent with.
#[derive(Clone, Debug)]
pub struct KeyedRequest {
    pub key: IdempotencyKey,
    /// SHA-256 of what is asked for: two spellings of one request have the same.
    pub hash: Vec<u8>,
}

impl KeyedRequest {
    pub fn new(key: IdempotencyKey, request: &str) -> Self {
        Self { key, hash: digest(&SHA256, request.as_bytes()).as_ref().to_vec() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_of_visible_ascii_and_not_too_long() {
        for good in ["a", "!~", &"k".repeat(255), "0190b6e2-8d5e-7c3a-9f00-1b2c3d4e5f60"] {
            assert!(IdempotencyKey::parse(good.as_bytes()).is_some(), "{good}");
        }
        for bad in ["", " ", "two words", "tab\t", "naïve", &"k".repeat(256)] {
            assert!(IdempotencyKey::parse(bad.as_bytes()).is_none(), "{bad}");
        }
    }
}
