//! The callers that each core has seen lately, with their identity headers made once.
//!
//! Every request of a caller brings the same token. Finding it here costs a comparison, where hashing the
//! token and writing four headers would cost a twentieth of all that a request does.

use std::{
    collections::HashMap,
    hash::{BuildHasher, RandomState},
    sync::Arc,
};

use auth::{Claims, Identity, TokenError, Verifier};
use http::HeaderMap;

use crate::per_core::PerCore;

/// The most callers that a core remembers; it then forgets all of them, and asks the verifier again.
const CAPACITY: usize = 1024;

/// The bytes of a token's end by which it is found: its signature.
const SIGNATURE_BYTES: usize = 64;

/// A verified caller.
pub struct Caller {
    pub claims: Arc<Claims>,
    /// The identity headers.
    pub headers: HeaderMap,
}

/// The callers of a gateway.
#[derive(Default)]
pub struct Callers {
    cores: PerCore<Seen>,
    hasher: RandomState,
}

#[derive(Default)]
struct Seen {
    /// The keys by which the callers were verified.
    generation: u64,
    callers: HashMap<u64, (Box<str>, Arc<Caller>)>,
}

impl Callers {
    /// Returns the caller of a token that is good.
    ///
    /// # Errors
    /// As [`Verifier::verify`].
    pub async fn verify(
        &self,
        verifier: &Verifier,
        token: &str,
    ) -> Result<Arc<Caller>, TokenError> {
        let start = token.len().saturating_sub(SIGNATURE_BYTES);
        let key = self.hasher.hash_one(&token.as_bytes()[start..]);
        let generation = verifier.generation();
        if let Some(caller) = self.seen(generation, key, token) {
            return match caller.claims.is_expired() {
                true => Err(TokenError::Invalid),
                false => Ok(caller),
            };
        }
        let claims = verifier.verify(token).await?;
        let mut headers = HeaderMap::new();
        Identity::from(claims.as_ref()).write(&mut headers);
        let caller = Arc::new(Caller { claims, headers });
        let mut seen = self.cores.own();
        // Keys that came meanwhile may not be those that verified it.
        if seen.generation == generation {
            if seen.callers.len() >= CAPACITY {
                seen.callers.clear();
            }
            seen.callers.insert(key, (token.into(), caller.clone()));
        }
        Ok(caller)
    }

    /// Returns a caller that this core has seen under these keys.
    fn seen(&self, generation: u64, key: u64, token: &str) -> Option<Arc<Caller>> {
        let mut seen = self.cores.own();
        if seen.generation != generation {
            seen.generation = generation;
            seen.callers.clear();
        }
        let (known, caller) = seen.callers.get(&key)?;
        (**known == *token).then(|| caller.clone())
    }
}
