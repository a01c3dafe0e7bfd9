//! Password hashing: Argon2id at OWASP's parameters, off the async threads, a few at a time.
//!
//! Parameters: <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>,
//! 19 MiB, 2 passes, 1 lane.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use anyhow::Context;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{
        Error as PasswordError, PasswordHasher as _, PasswordVerifier, phc::PasswordHash,
    },
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};

use crate::{domain::normalize_password, error::ServiceError};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// The longest wait for a permit. Longer queues help nobody: the clients in them have given up.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(3);

/// A password hasher that gives out permits to hash.
pub struct PasswordHasher {
    argon2: Argon2<'static>,
    /// Each hash takes a core for some 15 ms, and 19 MiB: more hashes at once than cores would only
    /// make everyone wait longer, and hold more memory.
    permits: Arc<Semaphore>,
    /// The hash that is verified against when there is no such account, so that the answer takes as
    /// long.
    dummy_hash: Arc<str>,
}

impl PasswordHasher {
    pub fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| anyhow::anyhow!("Argon2 parameters: {error}"))?;
        let cores = available_parallelism().map_or(2, usize::from);
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            // One core is left to everything else.
            permits: Arc::new(Semaphore::new(cores.saturating_sub(1).max(1))),
            dummy_hash: dummy_hash().into(),
        })
    }

    /// Waits for a permit.
    ///
    /// # Errors
    /// [`ServiceError::Busy`] when there is none in time.
    pub async fn acquire(&self) -> Result<HashPermit, ServiceError> {
        let permit = timeout(ACQUIRE_TIMEOUT, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| ServiceError::Busy)?
            .context("hashing permits")?;
        Ok(HashPermit {
            argon2: self.argon2.clone(),
            dummy_hash: self.dummy_hash.clone(),
            permit: Arc::new(permit),
        })
    }
}

/// A permit to hash, until it is dropped.
pub struct HashPermit {
    argon2: Argon2<'static>,
    dummy_hash: Arc<str>,
    permit: Arc<OwnedSemaphorePermit>,
}

/// The result of verifying a password.
#[derive(Debug, PartialEq, Eq)]
pub enum PasswordCheck {
    Wrong,
    Correct {
        /// A new hash at today's parameters, when the stored hash was made at others.
        renewed_hash: Option<String>,
    },
}

impl HashPermit {
    /// Returns a PHC string with a random salt.
    pub async fn hash(&self, password: String) -> anyhow::Result<String> {
        let argon2 = self.argon2.clone();
        self.off_thread(move || hash(&argon2, &password)).await
    }

    /// Verifies a password against a stored hash, by the parameters that the hash names. Without a
    /// hash, verifying takes as long, and the password is always wrong.
    pub async fn verify(
        &self,
        password: String,
        stored_hash: Option<String>,
    ) -> anyhow::Result<PasswordCheck> {
        let argon2 = self.argon2.clone();
        let is_known = stored_hash.is_some();
        let stored_hash = stored_hash.unwrap_or_else(|| self.dummy_hash.as_ref().to_owned());
        self.off_thread(move || {
            let parsed = PasswordHash::new(&stored_hash)
                .map_err(|error| anyhow::anyhow!("stored hash: {error}"))?;
            let matches = |form: &str| match argon2.verify_password(form.as_bytes(), &parsed) {
                Ok(()) => Ok(is_known),
                Err(PasswordError::PasswordInvalid) => Ok(false),
                Err(error) => Err(anyhow::anyhow!("stored hash: {error}")),
            };
            let normal = normalize_password(&password);
            let is_normal = matches(&normal)?;
            // A hash from before passwords were normalized was made of the password as typed.
            let is_right = is_normal || (normal != password && matches(&password)?);
            if !is_right {
                return Ok(PasswordCheck::Wrong);
            }
            let renewed_hash = match is_normal && has_current_parameters(&parsed) {
                true => None,
                false => Some(hash(&argon2, &password)?),
            };
            Ok(PasswordCheck::Correct { renewed_hash })
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let permit = self.permit.clone();
        spawn_blocking(move || {
            // The permit is held until the work is over, even if the request that asked for it is
            // gone.
            let _permit = permit;
            work()
        })
        .await
        .context("hashing thread")?
    }
}

/// Returns a hash with today's parameters, and a salt and a tag of zeros, which no known password
/// leads to. Writing it needs no hashing, whose 19 MiB an idle process would keep.
fn dummy_hash() -> String {
    let (salt, tag) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${tag}")
}

fn hash(argon2: &Argon2<'_>, password: &str) -> anyhow::Result<String> {
    argon2
        .hash_password(normalize_password(password).as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("cannot hash: {error}"))
}

fn has_current_parameters(hash: &PasswordHash) -> bool {
    hash.algorithm == Algorithm::Argon2id.ident()
        && hash.version == Some(Version::V0x13.into())
        && Params::try_from(hash).is_ok_and(|params| {
            (params.m_cost(), params.t_cost(), params.p_cost()) == (MEMORY_KIB, PASSES, LANES)
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_the_same_however_its_letters_are_put_together() {
        let hasher = PasswordHasher::new().unwrap();
        let permit = hasher.acquire().await.unwrap();
        let (composed, decomposed) = ("pass\u{e9}word", "passe\u{301}word");
        let stored = permit.hash(decomposed.to_owned()).await.unwrap();
        for typed in [composed, decomposed] {
            let check = permit.verify(typed.to_owned(), Some(stored.clone())).await.unwrap();
            assert_eq!(check, PasswordCheck::Correct { renewed_hash: None });
        }
        // A hash from before passwords were normalized is renewed.
        let old = hasher.argon2.hash_password(decomposed.as_bytes()).unwrap().to_string();
        let check = permit.verify(decomposed.to_owned(), Some(old.clone())).await.unwrap();
        let PasswordCheck::Correct { renewed_hash: Some(renewed) } = check else {
            panic!("{check:?}")
        };
        let check = permit.verify(composed.to_owned(), Some(renewed)).await.unwrap();
        assert_eq!(check, PasswordCheck::Correct { renewed_hash: None });
        let wrong = permit.verify("passe\u{300}word".to_owned(), Some(old)).await.unwrap();
        assert_eq!(wrong, PasswordCheck::Wrong);
    }

    #[test]
    fn the_dummy_hash_costs_what_a_hash_made_today_costs() {
        let made = PasswordHasher::new().unwrap().argon2.hash_password(b"a password").unwrap();
        let dummy = dummy_hash();
        let dummy = PasswordHash::new(&dummy).unwrap();
        assert_eq!(
            (&dummy.algorithm, &dummy.version, &dummy.params),
            (&made.algorithm, &made.version, &made.params)
        );
        assert!(has_current_parameters(&dummy));
        let lengths =
            |hash: &PasswordHash| (hash.salt.map(|s| s.len()), hash.hash.map(|h| h.len()));
        assert_eq!(lengths(&dummy), lengths(&made));
    }
}
