//! Verifying access tokens against the user service's published keys.

use std::{
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
    key_set::KeySet,
    token::{self, Audience, TokenError},
};

/// The age at which keys are fetched again, so that a withdrawn key stops being accepted.
const REFRESH_AFTER: Duration = Duration::from_secs(60);

/// The shortest pause between two fetches for unknown key ids: a stranger chooses the id.
const MIN_REFRESH_PAUSE: Duration = Duration::from_secs(2);

/// The number of verified tokens in the cache. Verifying a signature costs some 40 µs, finding a token
/// here less than one.
const CACHE_CAPACITY: u64 = 50_000;

/// A verifier of access tokens, which fetches and refreshes the keys by itself.
pub struct Verifier {
    urls: Vec<String>,
    http: reqwest::Client,
    audience: Audience,
    keys: RwLock<Arc<KeySet>>,
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
    /// A set without any key that is known, and when it was seen first.
    doubtful: Option<(Instant, KeySet)>,
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
        if self.key(&kid).is_none() {
            self.refresh(MIN_REFRESH_PAUSE).await?;
        }
        let generation = self.generation();
        let key = self.key(&kid).ok_or(TokenError::Invalid)?;
        let claims = Arc::new(token::verify(token, &key, &self.audience)?);
        self.verified.insert(fingerprint, claims.clone());
        if self.generation() != generation {
            // The key may have been withdrawn meanwhile.
            self.verified.invalidate(&fingerprint);
        }
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
        self.keys().get(kid)
    }

    fn keys(&self) -> Arc<KeySet> {
        // A poisoned lock still holds a whole set: it is only ever replaced by assignment.
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
        match result.and_then(|keys| self.take_in(&mut last, keys)) {
            Ok(()) => {
                last.failure = None;
                Ok(())
            }
            Err(failure) => {
                last.failure = Some(failure.clone());
                Err(TokenError::KeysUnavailable(failure))
            }
        }
    }

    /// Replaces the keys by those that were fetched. A set that cannot be of the user service, which keeps a
    /// key while it adds the next, is taken in once it has been seen for some seconds.
    fn take_in(&self, last: &mut LastFetch, fetched: KeySet) -> Result<(), String> {
        let known = self.keys();
        if fetched.is_empty() {
            return Err("the published keys are none that verify tokens".to_owned());
        }
        if !known.is_empty() && !known.overlaps(&fetched) {
            match &last.doubtful {
                Some((since, doubtful)) if *doubtful == fetched => {
                    if since.elapsed() < MIN_REFRESH_PAUSE {
                        return Err("none of the published keys is known yet".to_owned());
                    }
                }
                _ => {
                    last.doubtful = Some((Instant::now(), fetched));
                    return Err("none of the published keys is known".to_owned());
                }
            }
        }
        last.doubtful = None;
        if *known != fetched {
            *self.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()) = Arc::new(fetched);
            // Tokens of a withdrawn key must be verified again.
            self.generation.fetch_add(1, Ordering::Release);
            self.verified.invalidate_all();
        }
        Ok(())
    }

    async fn fetch(&self) -> Result<KeySet, String> {
        let mut failure = "no address to ask".to_owned();
        for url in &self.urls {
            let response = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
            match response.and_then(reqwest::Response::error_for_status) {
                Ok(response) => match response.json::<JwkSet>().await {
                    Ok(set) => return Ok(KeySet::new(set)),
                    Err(error) => failure = format!("{url}: {error}"),
                },
                Err(error) => failure = format!("{url}: {error}"),
            }
        }
        Err(failure)
    }
}

fn fingerprint(token: &str) -> [u8; 32] {
    let mut out = [0; 32];
    out.copy_from_slice(digest(&SHA256, token.as_bytes()).as_ref());
    out
}
