//! The state directory of a local stack: data, secrets, logs, and the record of its processes.

use std::{
    fs::{self, DirBuilder, File, Permissions, TryLockError},
    io,
    os::unix::fs::{DirBuilderExt, PermissionsExt},
    path::{Path, PathBuf},
};

use anyhow::Context;
use serde::{Deserialize, Serialize};

use super::{record::Record, secrets};

/// The default path, relative to the checkout.
pub const DEFAULT: &str = ".promptforge";

/// A state directory that exists.
pub struct StateDir {
    path: PathBuf,
}

/// A lock that the launcher holds while it runs. The system releases it, whatever ends the launcher.
pub struct Lock {
    _file: File,
}

/// The ports chosen earlier, so that addresses stay the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Ports {
    pub postgres: Option<u16>,
    pub mongo: Option<u16>,
    pub kafka: Option<u16>,
    pub kafka_controller: Option<u16>,
}

impl StateDir {
    /// Opens a state directory; makes it first if there is none.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn open(path: &Path) -> anyhow::Result<Self> {
        let open = || -> io::Result<Self> {
            fs::create_dir_all(path)?;
            let path = path.canonicalize()?;
            create_private_dir(&path.join("logs"))?;
            create_private_dir(&path.join("secrets"))?;
            Ok(Self { path })
        };
        open().with_context(|| format!("cannot use {} as state directory", path.display()))
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn log(&self, name: &str) -> PathBuf {
        self.path.join("logs").join(format!("{name}.log"))
    }

    pub fn secret(&self, name: &str) -> PathBuf {
        self.path.join("secrets").join(name)
    }

    /// Reads the password of the stack's own Postgres.
    ///
    /// # Errors
    /// When there is none.
    pub fn postgres_password(&self) -> anyhow::Result<String> {
        let path = self.secret("postgres-password");
        fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))
    }

    pub fn mongo(&self) -> PathBuf {
        self.path.join("mongo")
    }

    /// Returns the directory of search indexes.
    pub fn search(&self) -> PathBuf {
        self.path.join("search")
    }

    /// Returns the directory of Apache Kafka: its jars, its settings, its data.
    pub fn kafka(&self) -> PathBuf {
        self.path.join("kafka")
    }

    /// Takes the lock of this directory; `None` if another launcher holds it.
    ///
    /// # Errors
    /// When the lock file cannot be used.
    pub fn lock(&self) -> anyhow::Result<Option<Lock>> {
        let path = self.path.join("lock");
        let file = File::options().write(true).create(true).truncate(false).open(&path);
        let file = file.with_context(|| format!("cannot open {}", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(TryLockError::WouldBlock) => Ok(None),
            Err(TryLockError::Error(error)) => {
                Err(error).with_context(|| format!("cannot lock {}", path.display()))
            }
        }
    }

    /// Reads the record of the running stack; `None` if there is none.
    pub fn record(&self) -> Option<Record> {
        self.read("stack.json")
    }

    /// Writes the record of the running stack.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_record(&self, record: &Record) -> anyhow::Result<()> {
        self.write("stack.json", record)
    }

    pub fn clear_record(&self) {
        let _ = fs::remove_file(self.path.join("stack.json"));
    }

    pub fn ports(&self) -> Ports {
        self.read("ports.json").unwrap_or_default()
    }

    /// Writes the ports chosen.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_ports(&self, ports: Ports) -> anyhow::Result<()> {
        self.write("ports.json", &ports)
    }

    /// Reads a JSON file of this directory; `None` if it is absent or was written by a version with
    /// another format.
    pub fn read<T: for<'de> Deserialize<'de>>(&self, name: &str) -> Option<T> {
        serde_json::from_slice(&fs::read(self.path.join(name)).ok()?).ok()
    }

    /// Writes a JSON file of this directory, which only its owner can read.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write<T: Serialize>(&self, name: &str, value: &T) -> anyhow::Result<()> {
        secrets::write(&self.path.join(name), &serde_json::to_string_pretty(value)?)
    }

    /// Renames the logs of the last run to `<name>.log.1`.
    ///
    /// # Errors
    /// When the directory cannot be read.
    pub fn rotate_logs(&self) -> anyhow::Result<()> {
        for entry in fs::read_dir(self.path.join("logs"))? {
            let path = entry?.path();
            let is_log = path.extension().is_some_and(|extension| extension == "log");
            // The launcher writes to this log already.
            if is_log && path != self.log("launcher") {
                fs::rename(&path, path.with_extension("log.1"))?;
            }
        }
        Ok(())
    }

    /// Removes all data, and the secrets and accounts that belong to it.
    ///
    /// # Errors
    /// When a file cannot be removed.
    pub fn clear_data(&self) -> anyhow::Result<()> {
        for name in ["postgres", "mongo", "search", "kafka/data", "secrets", "importer.json"] {
            remove(&self.path.join(name))?;
        }
        create_private_dir(&self.path.join("secrets")).context("secrets")
    }
}

/// Makes a directory, or changes an existing one, so that only its owner can enter it.
///
/// # Errors
/// When the directory cannot be made, or belongs to another account.
pub fn create_private_dir(path: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    fs::set_permissions(path, Permissions::from_mode(0o700))
}

/// Removes a file or a directory with its contents, if it exists.
///
/// # Errors
/// When it exists and cannot be removed.
pub fn remove(path: &Path) -> anyhow::Result<()> {
    let result = if path.is_dir() { fs::remove_dir_all(path) } else { fs::remove_file(path) };
    match result {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use tempfile::tempdir;

    use super::*;

    #[test]
    fn logs_and_secrets_are_for_their_owner_only() {
        let scratch = tempdir().unwrap();
        fs::create_dir(scratch.path().join("logs")).unwrap();
        fs::set_permissions(scratch.path().join("logs"), Permissions::from_mode(0o755)).unwrap();
        StateDir::open(scratch.path()).unwrap();
        for name in ["logs", "secrets"] {
            let mode = fs::metadata(scratch.path().join(name)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o700, "{name}");
        }
    }

    #[test]
    fn there_is_one_launcher_at_a_time() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        let lock = dir.lock().unwrap().unwrap();
        assert!(dir.lock().unwrap().is_none());
        drop(lock);
        assert!(dir.lock().unwrap().is_some());
    }

    #[test]
    fn clearing_takes_data_and_secrets_and_leaves_logs_and_programs() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        fs::create_dir_all(dir.path().join("postgres/data")).unwrap();
        fs::create_dir_all(dir.path().join("venv/bin")).unwrap();
        fs::create_dir_all(dir.kafka().join("data")).unwrap();
        fs::create_dir_all(dir.kafka().join("lib")).unwrap();
        fs::write(dir.secret("internal-token"), "x").unwrap();
        fs::write(dir.log("user"), "x").unwrap();
        dir.clear_data().unwrap();
        assert!(!dir.path().join("postgres").exists() && !dir.kafka().join("data").exists());
        assert!(!dir.secret("internal-token").exists());
        assert!(dir.path().join("venv/bin").exists() && dir.kafka().join("lib").exists());
        assert!(dir.log("user").exists());
    }

    #[test]
    fn logs_of_the_last_run_are_set_aside() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        fs::write(dir.log("user"), "old").unwrap();
        dir.rotate_logs().unwrap();
        let aside = dir.path().join("logs/user.log.1");
        assert_eq!(fs::read_to_string(aside).unwrap(), "old");
        assert!(!dir.log("user").exists());
    }

    #[test]
    fn a_file_of_another_version_is_as_good_as_none() {
        let scratch = tempdir().unwrap();
        let dir = StateDir::open(scratch.path()).unwrap();
        fs::write(dir.path().join("ports.json"), "[").unwrap();
        assert_eq!(dir.ports(), Ports::default());
    }
}
