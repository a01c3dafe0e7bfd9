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
        // In a box, so that a request whose token is known holds no room for fetching keys.
        let claims = Box::pin(verifier.verify(token)).await?;
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

#[cfg(test)]
mod tests {
    use auth::{
        Role, Signer,
        identity::{X_USER_ID, X_USERNAME},
        token::Audience,
    };
    use axum::{Json, Router, routing::get};
    use ids::{SessionId, UserId};
    use tokio::net::TcpListener;

    use super::*;

    fn audience() -> Audience {
        Audience { issuer: "promptforge".to_owned(), audience: "promptforge".to_owned() }
    }

    /// Returns a signer, and a verifier that fetches its keys.
    async fn signer() -> (Signer, Verifier) {
        let signer = Signer::from_pem(&testkit::signing_key(), audience()).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let keys = serde_json::to_value(signer.jwks()).unwrap();
        let router = Router::new().route("/", get(async move || Json(keys)));
        tokio::spawn(async move { axum::serve(listener, router).await });
        let verifier = Verifier::new(reqwest::Client::new(), vec![url], audience());
        // The first token brings the keys, which change what is remembered.
        verifier.verify(&token(&signer, UserId::new(), "first")).await.unwrap();
        (signer, verifier)
    }

    fn token(signer: &Signer, user: UserId, name: &str) -> String {
        signer.sign(user, name, &[Role::User], SessionId::new()).unwrap()
    }

    fn remembered(callers: &Callers) -> usize {
        callers.cores.own().callers.len()
    }

    #[tokio::test]
    async fn a_caller_is_verified_once_and_has_its_headers_made_once() {
        let (signer, verifier) = signer().await;
        let (callers, user) = (Callers::default(), UserId::new());
        let token = token(&signer, user, "ada");
        let first = callers.verify(&verifier, &token).await.unwrap();
        let second = callers.verify(&verifier, &token).await.unwrap();
        assert!(Arc::ptr_eq(&first, &second));
        assert_eq!(first.headers[&X_USER_ID], user.to_string());
        assert_eq!(first.headers[&X_USERNAME], "ada");
    }

    #[tokio::test]
    async fn a_token_with_the_signature_of_another_is_not_taken_for_it() {
        let (signer, verifier) = signer().await;
        let callers = Callers::default();
        let good = token(&signer, UserId::new(), "ada");
        let other = token(&signer, UserId::new(), "eve");
        callers.verify(&verifier, &good).await.unwrap();
        let (_, signature) = good.rsplit_once('.').unwrap();
        let (claims, _) = other.rsplit_once('.').unwrap();
        let forged = format!("{claims}.{signature}");
        assert_eq!(forged[forged.len() - SIGNATURE_BYTES..], good[good.len() - SIGNATURE_BYTES..]);
        assert!(callers.verify(&verifier, &forged).await.is_err());
        assert!(callers.verify(&verifier, &good).await.is_ok());
        assert_eq!(remembered(&callers), 1);
    }

    #[tokio::test]
    async fn what_other_keys_verified_is_forgotten() {
        let (signer, verifier) = signer().await;
        let callers = Callers::default();
        let token = token(&signer, UserId::new(), "ada");
        callers.verify(&verifier, &token).await.unwrap();
        let generation = verifier.generation();
        let key = callers.cores.own().callers.keys().next().copied().unwrap();
        assert!(callers.seen(generation, key, &token).is_some());
        assert!(callers.seen(generation + 1, key, &token).is_none());
        assert_eq!(remembered(&callers), 0);
    }

    #[tokio::test]
    async fn a_token_that_has_expired_since_it_was_verified_is_refused() {
        let (signer, verifier) = signer().await;
        let callers = Callers::default();
        let token = token(&signer, UserId::new(), "ada");
        let caller = callers.verify(&verifier, &token).await.unwrap();
        let expired = Claims { exp: caller.claims.iat - 1, ..(*caller.claims).clone() };
        let expired = Arc::new(Caller { claims: Arc::new(expired), headers: HeaderMap::new() });
        for (_, caller) in callers.cores.own().callers.values_mut() {
            *caller = expired.clone();
        }
        let refused = callers.verify(&verifier, &token).await;
        assert!(matches!(refused, Err(TokenError::Invalid)));
    }

    #[tokio::test]
    async fn the_callers_of_a_core_are_bounded() {
        let (signer, verifier) = signer().await;
        let callers = Callers::default();
        for _ in 0..=CAPACITY {
            let token = token(&signer, UserId::new(), "ada");
            callers.verify(&verifier, &token).await.unwrap();
            assert!(remembered(&callers) <= CAPACITY);
        }
        assert_eq!(remembered(&callers), 1);
    }
}
