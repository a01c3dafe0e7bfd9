//! Refresh tokens: the client holds 256 random bits, the database their SHA-256.

use std::time::Duration;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// A refresh token as the client holds it.
pub struct RefreshToken(String);

impl RefreshToken {
    /// The time from its issue to its expiry.
    pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

    pub fn generate() -> anyhow::Result<Self> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub fn into_text(self) -> String {
        self.0
    }

    pub fn hash(&self) -> Vec<u8> {
        hash_refresh_token(&self.0)
    }
}

/// Returns the hash that the database stores of a token.
pub fn hash_refresh_token(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
