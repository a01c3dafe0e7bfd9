//! The signing keys in use, and following the file that they come from, so that keys rotate without
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

/// How often the file is looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Signs with the keys that `JWT_SIGNING_KEY` holds now.
pub struct SigningKeys {
    signer: RwLock<Arc<Signer>>,
    /// Where the keys come from, when not from the setting itself.
    file: Option<PathBuf>,
    audience: Audience,
}

impl SigningKeys {
    /// From `JWT_SIGNING_KEY`: the PEM itself (`\n` may stand for a line break), or a file's path.
    /// `None` after noting what is wrong.
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

    /// The keys as they are now.
    pub fn signer(&self) -> Arc<Signer> {
        // A poisoned lock still holds a whole signer: it is only ever replaced by assignment.
        self.signer.read().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }

    /// Takes up what the file says whenever it changes, until the task is dropped. Text that holds
    /// no good keys changes nothing.
    pub async fn follow_file(&self) {
        let Some(file) = &self.file else { return };
        let mut watch = Watch::default();
        loop {
            sleep(LOOK_EVERY).await;
            let found = tokio::fs::read_to_string(file).await.map_err(|error| error.to_string());
            if let Some(found) = watch.look(found) {
                self.take_up(found);
            }
        }
    }

    fn take_up(&self, found: &Found) {
        // The text is secret, and so is what a parser would say of it.
        let new = found.as_deref().map_err(String::as_str).and_then(|pem| {
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
type Found = Result<String, String>;

/// What was found in the file before.
#[derive(Default)]
struct Watch {
    seen: Option<Found>,
    judged: Option<Found>,
}

impl Watch {
    /// What is to be judged now: what reads the same twice, once. A file that is being written may
    /// hold one of its two keys for a moment, and look as good as any.
    fn look(&mut self, found: Found) -> Option<&Found> {
        let settled = self.seen.as_ref() == Some(&found);
        if settled && self.judged.as_ref() != Some(&found) {
            return Some(self.judged.insert(found));
        }
        self.seen = Some(found);
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
        let mut watch = Watch::default();
        let found = |text: &str| Ok(text.to_owned());
        assert_eq!(watch.look(found("a")), None);
        assert_eq!(watch.look(found("a")), Some(&found("a")));
        assert_eq!(watch.look(found("a")), None, "judged before");
        assert_eq!(watch.look(found("b")), None);
        assert_eq!(watch.look(found("bc")), None, "it was being written");
        assert_eq!(watch.look(Err("gone".to_owned())), None);
        assert_eq!(watch.look(found("bc")), None);
        assert_eq!(watch.look(found("bc")), Some(&found("bc")));
        assert_eq!(watch.look(found("a")), None);
        assert_eq!(watch.look(found("a")), Some(&found("a")), "put back");
    }

    #[test]
    fn a_text_without_good_keys_changes_nothing() {
        let keys = keys(OLD);
        let before = keys.signer().jwks().clone();
        let half = format!("{NEW}-----BEGIN PRIVATE KEY-----\nMC4CAQ");
        for bad in [Ok(""), Ok("no key"), Ok(&*half), Err("no such file")] {
            keys.take_up(&bad.map(str::to_owned).map_err(str::to_owned));
            assert_eq!(*keys.signer().jwks(), before, "{bad:?}");
        }
        keys.take_up(&Ok(format!("{NEW}{OLD}")));
        let signer = keys.signer();
        assert_eq!(signer.key_ids().len(), 2);
        assert_eq!(signer.jwks().keys[1], before.keys[0]);
    }
}
