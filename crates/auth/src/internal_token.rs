//! The secret that the services of one fleet share.

use std::{fmt, sync::Arc};

use http_kit::config::Env;
use subtle::ConstantTimeEq;

/// The proof that a request comes from the fleet itself. Never printed.
#[derive(Clone)]
pub struct InternalToken(Arc<str>);

impl InternalToken {
    /// The least length in bytes; a shorter token could be guessed.
    const MIN_LENGTH: usize = 16;

    pub fn new(token: &str) -> Self {
        Self(token.into())
    }

    /// Reads `INTERNAL_TOKEN`.
    pub fn read(env: &mut Env) -> Self {
        let token = env.required("INTERNAL_TOKEN");
        let header_safe = token.bytes().all(|b| b.is_ascii_graphic());
        if !token.is_empty() && (token.len() < Self::MIN_LENGTH || !header_safe) {
            env.problem("INTERNAL_TOKEN", "must be at least 16 visible ASCII characters");
        }
        Self::new(&token)
    }

    /// Compares with a candidate, in constant time.
    pub fn matches(&self, candidate: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(candidate).into()
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for InternalToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InternalToken(***)")
    }
}
