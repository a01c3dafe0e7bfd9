//! Verifying access tokens against the user service's published keys.

use std::{
    collections::HashMap,
    sync::{
        Arc, RwLock,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::{DecodingKey, decode_header, jwk::JwkSet};
use moka::sync::Cache;
use tokio::sync::Mutex;

use crate::{
    claims::Claims,
    token::{self, Audience, TokenError},
};

/// The age at which keys are fetched again, so that a withdrawn key stops being accepted.
const REFRESH_AFTER: Duration = Duration::from_secs(60);

/// The shortest pause between two fetches for unknown key ids: a stranger chooses the id.
const MIN_REFRESH_PAUSE: Duration = Duration::from_secs(2);

/// The number of verified tokens in the cache. Verifying a signature costs some 40 µs, finding a token
/// here less than one.
const CACHE_CAPACITY: u64 = 50_000;

type Keys = HashMap<String, DecodingKey>;

/// A verifier of access tokens, which fetches and refreshes the keys by itself.
pub struct Verifier {
    urls: Vec<String>,
    http: reqwest::Client,
    audience: Audience,
    keys: RwLock<Arc<Keys>>,
    /// Locked during a fetch: one at a time.
    last_fetch: Mutex<LastFetch>,
    verified: Cache<[u8; 32], Arc<Claims>>,
    /// The number of times that the keys changed.
    generation: AtomicU64,
}

#[derive(Default)]
struct LastFetch {
    at: Option<Instant>,
    failure: Option<String>,
}

impl Verifier {
    /// Makes a verifier without keys; `urls` are tried one after the other.
    pub fn new(http: reqwest::Client, urls: Vec<String>, audience: Audience) -> Self {
        Self {
            urls,
            http,
            audience,
            keys: RwLock::default(),
            last_fetch: Mutex::default(),
            verified: Cache::builder()
                .max_capacity(CACHE_CAPACITY)
                .time_to_live(token::ACCESS_TOKEN_LIFETIME)
                .build(),
            generation: AtomicU64::new(0),
        }
    }

    /// Returns the claims of a valid token.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], or [`TokenError::KeysUnavailable`] when it cannot be verified.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        let fingerprint = fingerprint(token);
        if let Some(claims) = self.verified.get(&fingerprint) {
            return match claims.is_expired() {
                true => Err(TokenError::Invalid),
                false => Ok(claims),
            };
        }
        let kid =
            decode_header(token).ok().and_then(|header| header.kid).ok_or(TokenError::Invalid)?;
        let key = match self.key(&kid) {
            Some(key) => key,
            None => {
                self.refresh(MIN_REFRESH_PAUSE).await?;
                self.key(&kid).ok_or(TokenError::Invalid)?
            }
        };
        let claims = Arc::new(token::verify(token, &key, &self.audience)?);
        self.verified.insert(fingerprint, claims.clone());
        Ok(claims)
    }

    /// Refreshes the keys until the task is dropped. Without it a withdrawn key would be accepted for as
    /// long as every token names a known key.
    pub async fn keep_fresh(&self) {
        loop {
            let wait = match self.refresh(REFRESH_AFTER).await {
                Ok(()) => REFRESH_AFTER,
                // Keys in hand stay in use while the user service is away.
                Err(error) => {
                    tracing::warn!("{error}");
                    MIN_REFRESH_PAUSE
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// Returns a number that changes with the keys: what was verified under another must be verified
    /// again.
    pub fn generation(&self) -> u64 {
        self.generation.load(Ordering::Acquire)
    }

    /// Returns whether there are keys to verify tokens by; for readiness.
    pub fn has_keys(&self) -> bool {
        !self.keys().is_empty()
    }

    fn key(&self, kid: &str) -> Option<DecodingKey> {
        self.keys().get(kid).cloned()
    }

    fn keys(&self) -> Arc<Keys> {
        // A poisoned lock still holds a whole map: it is only ever replaced by assignment.
        self.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Fetches the keys, unless the last fetch succeeded and is younger than `min_age`.
    async fn refresh(&self, min_age: Duration) -> Result<(), TokenError> {
        let mut last = self.last_fetch.lock().await;
        if last.at.is_some_and(|at| at.elapsed() < min_age) && last.failure.is_none() {
            return Ok(());
        }
        // After a failure the next fetch may follow soon, but not at once for every request.
        if let (Some(at), Some(failure)) = (last.at, &last.failure)
            && at.elapsed() < MIN_REFRESH_PAUSE / 4
        {
            return Err(TokenError::KeysUnavailable(failure.clone()));
        }
        let result = self.fetch().await;
        last.at = Some(Instant::now());
        match result {
            Ok(keys) => {
                last.failure = None;
                let same = {
                    let old = self.keys();
                    old.len() == keys.len() && keys.keys().all(|kid| old.contains_key(kid))
                };
                *self.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()) =
                    Arc::new(keys);
                if !same {
                    // Tokens of a withdrawn key must be verified again.
                    self.verified.invalidate_all();
                    self.generation.fetch_add(1, Ordering::Release);
                }
                Ok(())
            }
            Err(failure) => {
                last.failure = Some(failure.clone());
                Err(TokenError::KeysUnavailable(failure))
            }
        }
    }

    async fn fetch(&self) -> Result<Keys, String> {
        let mut failure = "no address to ask".to_owned();
        for url in &self.urls {
            let response = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
            match response.and_then(reqwest::Response::error_for_status) {
                Ok(response) => match response.json::<JwkSet>().await {
                    Ok(set) => return Ok(decoding_keys(&set)),
                    Err(error) => failure = format!("{url}: {error}"),
                },
                Err(error) => failure = format!("{url}: {error}"),
            }
        }
        Err(failure)
    }
}

fn decoding_keys(set: &JwkSet) -> Keys {
    set.keys
        .iter()
        .filter_map(|jwk| Some((jwk.common.key_id.clone()?, DecodingKey::from_jwk(jwk).ok()?)))
        .collect()
}

fn fingerprint(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    out
}
