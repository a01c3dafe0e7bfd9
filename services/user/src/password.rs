//! Password hashing: Argon2id at OWASP's parameters, off the async threads, a few at a time.
//!
//! Parameters: <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>,
//! 19 MiB, 2 passes, 1 lane. Passwords are hashed in Unicode's normal form C, since keyboards differ in
//! how they put letters and marks together.

use std::{borrow::Cow, sync::Arc, thread::available_parallelism, time::Duration};

use anyhow::Context;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{Error as PasswordError, PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    task::spawn_blocking,
    time::timeout,
};
use unicode_normalization::{UnicodeNormalization, is_nfc};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How long a request waits for its turn. Longer queues help nobody: those in them have given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why there is no turn to hash.
#[derive(Debug, thiserror::Error)]
pub enum NoTurn {
    #[error("more passwords to hash than there is time for")]
    Busy,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Gives out turns to hash.
pub struct Hasher {
    argon2: Argon2<'static>,
    /// Each hash takes a core for some 15 ms and 19 MiB: more at once than cores would only make
    /// everyone wait longer, and hold more memory.
    permits: Arc<Semaphore>,
    /// Verified against when there is no such account, so that the answer takes as long.
    decoy: Arc<str>,
}

impl Hasher {
    pub fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| anyhow::anyhow!("Argon2 parameters: {error}"))?;
        let cores = available_parallelism().map_or(2, usize::from);
        Ok(Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            // One core is left to everything else.
            permits: Arc::new(Semaphore::new(cores.saturating_sub(1).max(1))),
            decoy: decoy().into(),
        })
    }

    /// Waits for a turn.
    pub async fn turn(&self) -> Result<Turn, NoTurn> {
        let permit = timeout(PATIENCE, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| NoTurn::Busy)?
            .context("hashing permits")?;
        Ok(Turn {
            argon2: self.argon2.clone(),
            decoy: self.decoy.clone(),
            permit: Arc::new(permit),
        })
    }
}

/// The right to hash, until it is dropped.
pub struct Turn {
    argon2: Argon2<'static>,
    decoy: Arc<str>,
    permit: Arc<OwnedSemaphorePermit>,
}

/// What became of a password.
#[derive(Debug, PartialEq, Eq)]
pub enum Verdict {
    Wrong,
    Correct {
        /// The same password at today's parameters, when the stored hash was made at others.
        renewed: Option<String>,
    },
}

impl Turn {
    /// A PHC string with a random salt.
    pub async fn hash(&self, password: String) -> anyhow::Result<String> {
        let argon2 = self.argon2.clone();
        self.off_thread(move || hash(&argon2, &password)).await
    }

    /// Whether the password is the one hashed, by the parameters that the hash names. Without a
    /// hash it takes as long, and is never so.
    pub async fn verify(
        &self,
        password: String,
        hashed: Option<String>,
    ) -> anyhow::Result<Verdict> {
        let argon2 = self.argon2.clone();
        let known = hashed.is_some();
        let hashed = hashed.unwrap_or_else(|| self.decoy.as_ref().to_owned());
        self.off_thread(move || {
            let parsed = PasswordHash::new(&hashed)
                .map_err(|error| anyhow::anyhow!("stored hash: {error}"))?;
            let is_hashed = |form: &str| match argon2.verify_password(form.as_bytes(), &parsed) {
                Ok(()) => Ok(known),
                Err(PasswordError::PasswordInvalid) => Ok(false),
                Err(error) => Err(anyhow::anyhow!("stored hash: {error}")),
            };
            let normal = normalized(&password);
            let is_normal = is_hashed(&normal)?;
            // Hashes from before passwords were normalized are of what was typed.
            let is_right = is_normal || (normal != password && is_hashed(&password)?);
            if !is_right {
                return Ok(Verdict::Wrong);
            }
            let renewed = match is_normal && is_of_today(&parsed) {
                true => None,
                false => Some(hash(&argon2, &password)?),
            };
            Ok(Verdict::Correct { renewed })
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> anyhow::Result<T> {
        let permit = self.permit.clone();
        spawn_blocking(move || {
            // Held until the work is over, even if the request that asked for it is gone.
            let _permit = permit;
            work()
        })
        .await
        .context("hashing thread")?
    }
}

/// As any hash made today, but with a salt and a tag of zeros, which no known password leads to.
/// Making one up takes no hashing, whose 19 MiB an idle process would keep.
fn decoy() -> String {
    let (salt, tag) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${tag}")
}

/// A password as it is hashed: in normal form C.
pub fn normalized(password: &str) -> Cow<'_, str> {
    if is_nfc(password) { password.into() } else { password.nfc().collect::<String>().into() }
}

fn hash(argon2: &Argon2<'_>, password: &str) -> anyhow::Result<String> {
    argon2
        .hash_password(normalized(password).as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| anyhow::anyhow!("cannot hash: {error}"))
}

fn is_of_today(hash: &PasswordHash) -> bool {
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
        let hasher = Hasher::new().unwrap();
        let turn = hasher.turn().await.unwrap();
        let (composed, decomposed) = ("pass\u{e9}word", "passe\u{301}word");
        let stored = turn.hash(decomposed.to_owned()).await.unwrap();
        for typed in [composed, decomposed] {
            let verdict = turn.verify(typed.to_owned(), Some(stored.clone())).await.unwrap();
            assert_eq!(verdict, Verdict::Correct { renewed: None });
        }
        // As they were hashed before: the hash is renewed.
        let old = hasher.argon2.hash_password(decomposed.as_bytes()).unwrap().to_string();
        let verdict = turn.verify(decomposed.to_owned(), Some(old.clone())).await.unwrap();
        let Verdict::Correct { renewed: Some(renewed) } = verdict else { panic!("{verdict:?}") };
        let verdict = turn.verify(composed.to_owned(), Some(renewed)).await.unwrap();
        assert_eq!(verdict, Verdict::Correct { renewed: None });
        let wrong = turn.verify("passe\u{300}word".to_owned(), Some(old)).await.unwrap();
        assert_eq!(wrong, Verdict::Wrong);
    }

    #[test]
    fn the_decoy_costs_what_a_hash_made_today_costs() {
        let made = Hasher::new().unwrap().argon2.hash_password(b"a password").unwrap();
        let decoy = decoy();
        let decoy = PasswordHash::new(&decoy).unwrap();
        assert_eq!(
            (&decoy.algorithm, &decoy.version, &decoy.params),
            (&made.algorithm, &made.version, &made.params)
        );
        assert!(is_of_today(&decoy));
        let lengths =
            |hash: &PasswordHash| (hash.salt.map(|s| s.len()), hash.hash.map(|h| h.len()));
        assert_eq!(lengths(&decoy), lengths(&made));
    }
}
