//! Verifying access tokens against the user service's published keys.

use std::{
    collections::HashMap,
    sync::{Arc, RwLock},
    time::{Duration, Instant},
};

use aws_lc_rs::digest::{SHA256, digest};
use jsonwebtoken::{DecodingKey, decode_header, get_current_timestamp, jwk::JwkSet};
use moka::sync::Cache;
use tokio::sync::Mutex;

use crate::{
    claims::Claims,
    token::{self, Audience, TokenError},
};

/// Keys are asked for again after this long, so that a withdrawn one stops being believed.
const REFRESH_AFTER: Duration = Duration::from_secs(60);

/// An unknown key id makes us ask at once, but no more often than this: a stranger chooses the id.
const ASK_AT_MOST_EVERY: Duration = Duration::from_secs(2);

/// How many verified tokens are remembered. Checking a signature costs some 40 µs, finding a token
/// here less than one.
const REMEMBERED: u64 = 50_000;

type Keys = HashMap<String, DecodingKey>;

/// Verifies access tokens; fetches and refreshes the keys by itself.
pub struct Verifier {
    urls: Vec<String>,
    http: reqwest::Client,
    audience: Audience,
    keys: RwLock<Arc<Keys>>,
    /// When keys were last asked for and last received. Held while asking: one request at a time.
    asked: Mutex<Asked>,
    verified: Cache<[u8; 32], Arc<Claims>>,
}

#[derive(Default)]
struct Asked {
    at: Option<Instant>,
    failure: Option<String>,
}

impl Verifier {
    /// `urls` are tried in turn.
    pub fn new(http: reqwest::Client, urls: Vec<String>, audience: Audience) -> Self {
        Self {
            urls,
            http,
            audience,
            keys: RwLock::default(),
            asked: Mutex::default(),
            verified: Cache::builder()
                .max_capacity(REMEMBERED)
                .time_to_live(token::ACCESS_TOKEN_LIFETIME)
                .build(),
        }
    }

    /// The claims of a valid token.
    ///
    /// # Errors
    /// [`TokenError::Invalid`], or [`TokenError::KeysUnavailable`] when it cannot be judged.
    pub async fn verify(&self, token: &str) -> Result<Arc<Claims>, TokenError> {
        let fingerprint = fingerprint(token);
        if let Some(claims) = self.verified.get(&fingerprint) {
            return match claims.exp > get_current_timestamp() as i64 {
                true => Ok(claims),
                false => Err(TokenError::Invalid),
            };
        }
        let kid =
            decode_header(token).ok().and_then(|header| header.kid).ok_or(TokenError::Invalid)?;
        let key = match self.key(&kid) {
            Some(key) => key,
            None => {
                self.refresh(ASK_AT_MOST_EVERY).await?;
                self.key(&kid).ok_or(TokenError::Invalid)?
            }
        };
        let claims = Arc::new(token::check(token, &key, &self.audience)?);
        self.verified.insert(fingerprint, claims.clone());
        Ok(claims)
    }

    /// Keeps the keys fresh until the task is dropped. Without it a withdrawn key would be believed
    /// for as long as every token names a key we know.
    pub async fn keep_fresh(&self) {
        loop {
            let wait = match self.refresh(REFRESH_AFTER).await {
                Ok(()) => REFRESH_AFTER,
                // Keys in hand stay in use while the user service is away.
                Err(error) => {
                    tracing::warn!("{error}");
                    ASK_AT_MOST_EVERY
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// For readiness: are there keys to judge tokens by?
    pub fn has_keys(&self) -> bool {
        !self.read().is_empty()
    }

    fn key(&self, kid: &str) -> Option<DecodingKey> {
        self.read().get(kid).cloned()
    }

    fn read(&self) -> Arc<Keys> {
        // A poisoned lock still holds a whole map: it is only ever replaced by assignment.
        self.keys.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    async fn refresh(&self, unless_asked_within: Duration) -> Result<(), TokenError> {
        let mut asked = self.asked.lock().await;
        if asked.at.is_some_and(|at| at.elapsed() < unless_asked_within) && asked.failure.is_none()
        {
            return Ok(());
        }
        // After a failure, ask again at once but not in a storm.
        if let (Some(at), Some(failure)) = (asked.at, &asked.failure)
            && at.elapsed() < ASK_AT_MOST_EVERY / 4
        {
            return Err(TokenError::KeysUnavailable(failure.clone()));
        }
        let result = self.fetch().await;
        asked.at = Some(Instant::now());
        match result {
            Ok(keys) => {
                asked.failure = None;
                let same = {
                    let old = self.read();
                    old.len() == keys.len() && keys.keys().all(|kid| old.contains_key(kid))
                };
                *self.keys.write().unwrap_or_else(|poisoned| poisoned.into_inner()) =
                    Arc::new(keys);
                if !same {
                    // Tokens of a key that is gone must be judged anew.
                    self.verified.invalidate_all();
                }
                Ok(())
            }
            Err(failure) => {
                asked.failure = Some(failure.clone());
                Err(TokenError::KeysUnavailable(failure))
            }
        }
    }

    async fn fetch(&self) -> Result<Keys, String> {
        let mut failure = "no address to ask".to_owned();
        for url in &self.urls {
            let answer = self.http.get(url).timeout(Duration::from_secs(2)).send().await;
            match answer.and_then(reqwest::Response::error_for_status) {
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
