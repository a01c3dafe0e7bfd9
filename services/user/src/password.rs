//! Password hashing: Argon2id at OWASP's parameters, off the async threads, a few at a time.
//!
//! Parameters: <https://cheatsheetseries.owasp.org/cheatsheets/Password_Storage_Cheat_Sheet.html>,
//! 19 MiB, 2 passes, 1 lane.

use std::{sync::Arc, thread::available_parallelism, time::Duration};

use anyhow::Context;
use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, PasswordVerifier, phc::PasswordHash},
};
use tokio::{sync::Semaphore, task::spawn_blocking, time::timeout};

const MEMORY_KIB: u32 = 19 * 1024;
const PASSES: u32 = 2;
const LANES: u32 = 1;

/// How long a request waits for its turn. Longer queues help nobody: those in them have given up.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why there is no hash.
#[derive(Debug, thiserror::Error)]
pub enum HashError {
    #[error("more passwords to hash than there is time for")]
    Busy,
    #[error(transparent)]
    Failed(#[from] anyhow::Error),
}

/// Hashes and verifies passwords.
pub struct Hasher {
    argon2: Argon2<'static>,
    /// Each hash takes a core for some 15 ms and 19 MiB: more at once than cores would only make
    /// everyone wait longer, and hold more memory.
    permits: Arc<Semaphore>,
    /// Verified against when there is no such account, so that the answer takes as long.
    decoy: String,
}

impl Hasher {
    pub async fn new() -> anyhow::Result<Self> {
        let params = Params::new(MEMORY_KIB, PASSES, LANES, None)
            .map_err(|error| anyhow::anyhow!("Argon2 parameters: {error}"))?;
        let cores = available_parallelism().map_or(2, usize::from);
        let mut hasher = Self {
            argon2: Argon2::new(Algorithm::Argon2id, Version::V0x13, params),
            // One core is left to everything else.
            permits: Arc::new(Semaphore::new(cores.saturating_sub(1).max(1))),
            decoy: String::new(),
        };
        hasher.decoy = hasher.hash("no account has this password".to_owned()).await?;
        Ok(hasher)
    }

    /// A PHC string with a random salt.
    pub async fn hash(&self, password: String) -> Result<String, HashError> {
        let argon2 = self.argon2.clone();
        self.off_thread(move || {
            argon2
                .hash_password(password.as_bytes())
                .map(|hash| hash.to_string())
                .map_err(|error| anyhow::anyhow!("cannot hash: {error}"))
        })
        .await
    }

    /// Whether the password is the one hashed. Without a hash it takes as long, and is never so.
    pub async fn verify(&self, password: String, hash: Option<String>) -> Result<bool, HashError> {
        let argon2 = self.argon2.clone();
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.decoy.clone());
        self.off_thread(move || {
            let parsed = PasswordHash::new(&hash)
                .map_err(|error| anyhow::anyhow!("stored hash: {error}"))?;
            Ok(argon2.verify_password(password.as_bytes(), &parsed).is_ok() && known)
        })
        .await
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> anyhow::Result<T> + Send + 'static,
    ) -> Result<T, HashError> {
        let permit = timeout(PATIENCE, self.permits.clone().acquire_owned())
            .await
            .map_err(|_| HashError::Busy)?
            .context("hashing permits")?;
        let done = spawn_blocking(move || {
            // Held until the work is over, even if the request that asked for it is gone.
            let _permit = permit;
            work()
        })
        .await
        .context("hashing thread")?;
        Ok(done?)
    }
}
