//! The signing keys in use. They are read again when their file changes, so that keys rotate without
//! a restart.

use std::{
    fs,
    path::PathBuf,
    sync::{Arc, RwLock},
    time::Duration,
};

use http_kit::config::Env;
use tokio::time::sleep;

use crate::token::{Audience, Signer};

/// The pause between two readings of the file.
const READ_EVERY: Duration = Duration::from_secs(1);

/// The keys that `JWT_SIGNING_KEY` holds now.
pub struct SigningKeys {
    signer: RwLock<Arc<Signer>>,
    /// The file of the keys; `None` when the setting itself holds them.
    file: Option<PathBuf>,
    audience: Audience,
}

impl SigningKeys {
    /// Reads `JWT_SIGNING_KEY`: the PEM itself (`\n` may stand for a line break), or a file's path.
    /// Returns `None` after noting the problem in `env`.
    pub fn read(env: &mut Env) -> Option<Self> {
        const NAME: &str = "JWT_SIGNING_KEY";
        let audience = Audience::read(env);
        let value = env.required(NAME);
        if value.is_empty() {
            return None;
        }
        let (pem, file) = if value.contains("-----BEGIN") {
            (value.replace("\\n", "\n"), None)
        } else {
            let file = PathBuf::from(value.trim());
            match fs::read_to_string(&file) {
                Ok(pem) => (pem, Some(file)),
                Err(error) => {
                    env.problem(NAME, &format!("is neither PEM nor a readable file: {error}"));
                    return None;
                }
            }
        };
        match Signer::from_pem(&pem, audience.clone()) {
            Ok(signer) => Some(Self { signer: RwLock::new(Arc::new(signer)), file, audience }),
            Err(_) => {
                env.problem(NAME, "must hold Ed25519 private keys in PKCS#8 PEM");
                None
            }
        }
    }

    /// Returns the current keys.
    pub fn signer(&self) -> Arc<Signer> {
        // A poisoned lock still holds a whole signer: it is only ever replaced by assignment.
        self.signer.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Uses the keys of the file whenever it changes, until the task is dropped. A text without valid
    /// keys changes nothing.
    pub async fn follow_file(&self) {
        let Some(file) = &self.file else { return };
        let mut watch = FileWatch::default();
        loop {
            sleep(READ_EVERY).await;
            let reading = tokio::fs::read_to_string(file).await.map_err(|error| error.to_string());
            if let Some(reading) = watch.settled(reading) {
                self.replace(reading);
            }
        }
    }

    fn replace(&self, reading: &Reading) {
        // The text is secret, and a parser's message could quote it.
        let new = reading.as_deref().map_err(String::as_str).and_then(|pem| {
            Signer::from_pem(pem, self.audience.clone())
                .map_err(|_| "it does not hold Ed25519 private keys in PKCS#8 PEM")
        });
        match new {
            Ok(new) if new.jwks() != self.signer().jwks() => {
                tracing::info!(keys = ?new.key_ids(), "signing keys changed; the first one signs");
                *self.signer.write().unwrap_or_else(|poisoned| poisoned.into_inner()) =
                    Arc::new(new);
            }
            Ok(_) => {}
            Err(problem) => {
                tracing::error!(
                    "the file of signing keys is not used, the old keys stay: {problem}"
                );
            }
        }
    }
}

/// The text of a file, or why it cannot be read.
type Reading = Result<String, String>;

/// The earlier readings of a file.
#[derive(Default)]
struct FileWatch {
    last: Option<Reading>,
    used: Option<Reading>,
}

impl FileWatch {
    /// Returns a reading the first time that it is the same twice in a row. A file that is being
    /// written may hold only one of its two keys for a moment, and look valid.
    fn settled(&mut self, reading: Reading) -> Option<&Reading> {
        let settled = self.last.as_ref() == Some(&reading);
        if settled && self.used.as_ref() != Some(&reading) {
            return Some(self.used.insert(reading));
        }
        self.last = Some(reading);
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Made for these tests.
    const OLD: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIDOiaVzq96QT2pKkahnQrRA4yZqkMTxCKNUKdKOvyCte
-----END PRIVATE KEY-----
";
    const NEW: &str = "-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEICvjLHfPTqRX+lDLyI1lPoDnVsd/sSoemgix+tTzo9wb
-----END PRIVATE KEY-----
";

    fn keys(pem: &str) -> SigningKeys {
        let mut env = Env::with([("JWT_SIGNING_KEY", pem)]);
        SigningKeys::read(&mut env).unwrap()
    }

    #[test]
    fn a_text_is_judged_once_and_when_it_reads_the_same_twice() {
        let mut watch = FileWatch::default();
        let reading = |text: &str| Ok(text.to_owned());
        assert_eq!(watch.settled(reading("a")), None);
        assert_eq!(watch.settled(reading("a")), Some(&reading("a")));
        assert_eq!(watch.settled(reading("a")), None, "judged before");
        assert_eq!(watch.settled(reading("b")), None);
        assert_eq!(watch.settled(reading("bc")), None, "it was being written");
        assert_eq!(watch.settled(Err("gone".to_owned())), None);
        assert_eq!(watch.settled(reading("bc")), None);
        assert_eq!(watch.settled(reading("bc")), Some(&reading("bc")));
        assert_eq!(watch.settled(reading("a")), None);
        assert_eq!(watch.settled(reading("a")), Some(&reading("a")), "put back");
    }

    #[test]
    fn a_text_without_good_keys_changes_nothing() {
        let keys = keys(OLD);
        let before = keys.signer().jwks().clone();
        let half = format!("{NEW}-----BEGIN PRIVATE KEY-----\nMC4CAQ");
        for bad in [Ok(""), Ok("no key"), Ok(&*half), Err("no such file")] {
            keys.replace(&bad.map(str::to_owned).map_err(str::to_owned));
            assert_eq!(*keys.signer().jwks(), before, "{bad:?}");
        }
        keys.replace(&Ok(format!("{NEW}{OLD}")));
        let signer = keys.signer();
        assert_eq!(signer.key_ids().len(), 2);
        assert_eq!(signer.jwks().keys[1], before.keys[0]);
    }
}
