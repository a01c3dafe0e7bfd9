//! Refresh tokens: 256 random bits to the client, their SHA-256 in the database.

use std::time::Duration;

use aws_lc_rs::{
    digest::{SHA256, digest},
    rand,
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// How long a refresh token is good for.
pub const LIFETIME: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// A refresh token as the client holds it.
pub struct RefreshToken(String);

impl RefreshToken {
    pub fn generate() -> anyhow::Result<Self> {
        let mut bytes = [0; 32];
        rand::fill(&mut bytes)?;
        Ok(Self(URL_SAFE_NO_PAD.encode(bytes)))
    }

    pub fn into_text(self) -> String {
        self.0
    }

    pub fn hash(&self) -> Vec<u8> {
        hash(&self.0)
    }
}

/// What the database knows a token by.
pub fn hash(token: &str) -> Vec<u8> {
    digest(&SHA256, token.as_bytes()).as_ref().to_vec()
}
