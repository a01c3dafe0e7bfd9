//! Secrets of a local stack, which are made once and only their owner can read.

use std::{
    fs::{self, OpenOptions},
    io::{self, Write},
    os::unix::fs::OpenOptionsExt,
    path::Path,
};

use anyhow::{Context, bail};
use aws_lc_rs::{
    rand::{self, SystemRandom},
    signature::Ed25519KeyPair,
};
use base64::{
    Engine,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};

/// Returns 256 random bits as text that is safe in URLs and headers.
///
/// # Errors
/// When the system gives no randomness.
pub fn random_token() -> anyhow::Result<String> {
    let mut bytes = [0; 32];
    rand::fill(&mut bytes).context("no randomness")?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Returns a new Ed25519 private key in PKCS#8 PEM.
///
/// # Errors
/// When the system gives no randomness.
pub fn signing_key() -> anyhow::Result<String> {
    let key = Ed25519KeyPair::generate_pkcs8v1(&SystemRandom::new()).context("no randomness")?;
    let base64 = STANDARD.encode(key.as_ref());
    Ok(format!("-----BEGIN PRIVATE KEY-----\n{base64}\n-----END PRIVATE KEY-----\n"))
}

/// Reads a secret from a file; makes and writes it first if there is no such file.
///
/// # Errors
/// When the file can be neither read nor written, or is empty.
pub fn read_or_create(
    path: &Path,
    make: impl FnOnce() -> anyhow::Result<String>,
) -> anyhow::Result<String> {
    match fs::read_to_string(path) {
        Ok(secret) if secret.trim().is_empty() => {
            bail!("{} is empty: put the secret back, or remove the file", path.display())
        }
        Ok(secret) => Ok(secret),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let secret = make()?;
            write(path, &secret)?;
            Ok(secret)
        }
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

/// Writes a file that only its owner can read, whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write(path: &Path, text: &str) -> anyhow::Result<()> {
    let fresh = path.with_extension("new");
    let written = || -> io::Result<()> {
        // A file left by a crash may have other permissions.
        match fs::remove_file(&fresh) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&fresh)?;
        file.write_all(text.as_bytes())?;
        // Without this the name can reach the disk before the text does.
        file.sync_all()?;
        fs::rename(&fresh, path)
    };
    written().with_context(|| format!("cannot write {}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use tempfile::tempdir;

    use super::*;

    #[test]
    fn a_secret_is_made_once_and_only_for_its_owner() {
        let scratch = tempdir().unwrap();
        let path = scratch.path().join("token");
        let first = read_or_create(&path, random_token).unwrap();
        assert_eq!(read_or_create(&path, random_token).unwrap(), first);
        assert!(first.len() >= 43);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    }

    #[test]
    fn an_empty_secret_is_refused() {
        let scratch = tempdir().unwrap();
        let path = scratch.path().join("token");
        fs::write(&path, "\n").unwrap();
        let error = read_or_create(&path, random_token).unwrap_err().to_string();
        assert!(error.contains("token is empty"), "{error}");
    }
}
