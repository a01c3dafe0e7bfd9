//! A Postgres cluster of the stack, from the binaries that the distribution installs.
//!
//! The server listens on the loopback only, and still asks for a password: other users of the machine
//! reach the loopback too. It has no Unix socket, whose path could be too long in a deep checkout.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail};
use promptforge::local::secrets;
use rustix::process::Signal;
use tokio::process::Command;

use super::account::Account;
use super::program::{Probe, ProgramSpec, private_settings};

/// The directory of Debian with each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";

pub const USUAL_PORT: u16 = 5432;

/// The programs of one version.
#[derive(Clone, Debug)]
pub struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// Finds the programs of the version that made the cluster in `data`, or of the newest version if there
    /// is no cluster.
    ///
    /// # Errors
    /// When they are not installed.
    pub fn find(data: &Path) -> anyhow::Result<Self> {
        if let Ok(version) = fs::read_to_string(data.join("PG_VERSION")) {
            let version = version.trim();
            let own = Path::new(DEBIAN).join(version).join("bin");
            return Self::at(own).or_else(Self::on_path).with_context(|| {
                format!(
                    "the data in {} is of Postgres {version}, which is not installed: \
                     apt-get install postgresql-{version}, or clear the data with --reset",
                    data.display()
                )
            });
        }
        let mut versions: Vec<u32> = fs::read_dir(DEBIAN)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
            .collect();
        versions.sort_unstable();
        let installed =
            versions.iter().rev().map(|version| Path::new(DEBIAN).join(version.to_string()));
        installed
            .map(|version| version.join("bin"))
            .find_map(Self::at)
            .or_else(Self::on_path)
            .context("no Postgres here: apt-get install postgresql, or set POSTGRES_URL")
    }

    fn at(bin: PathBuf) -> Option<Self> {
        (bin.join("initdb").is_file() && bin.join("postgres").is_file()).then_some(Self { bin })
    }

    fn on_path() -> Option<Self> {
        on_path("initdb").and_then(|initdb| Self::at(initdb.parent()?.to_owned()))
    }
}

/// Finds a program on `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Settings that keep people's data out of the server's log: otherwise the details of an error name the
/// values that violate a constraint (`Key (email)=(…)`), and a logged statement its parameters.
const LOG_SETTINGS: [&str; 3] = [
    "log_error_verbosity=terse",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
];

/// The durability of a cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Kept,
    /// Suits tests: no write waits for the disk, and there are many connections.
    Throwaway,
}

/// A cluster in one directory, which belongs to the account that runs the server.
pub struct Cluster {
    home: PathBuf,
    account: Option<Account>,
    durability: Durability,
}

impl Cluster {
    pub fn new(home: PathBuf, account: Option<Account>, durability: Durability) -> Self {
        Self { home, account, durability }
    }

    fn data(&self) -> PathBuf {
        self.home.join("data")
    }

    pub fn exists(&self) -> bool {
        self.data().join("PG_VERSION").is_file()
    }

    /// Makes the cluster, with a password for its superuser `postgres`. An interrupted attempt is removed
    /// first.
    ///
    /// # Errors
    /// When the directory cannot be used, or `initdb` fails; the error has its output.
    pub async fn create(&self, password: &str) -> anyhow::Result<()> {
        let programs = Programs::find(&self.data())?;
        let made = self.home.join("data.new");
        let password_file = self.home.join("password");
        let prepare = || -> io::Result<()> {
            fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.home)?;
            self.give(&self.home)?;
            match fs::remove_dir_all(&made) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        };
        prepare().with_context(|| format!("cannot use {}", self.home.display()))?;
        // A file, not a pipe: another account may not open a pipe of this process by its name.
        secrets::write(&password_file, password)?;
        self.give(&password_file)?;

        let mut initdb = Command::new(programs.bin.join("initdb"));
        initdb
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"])
            // The order of code points, whatever locales the machine has; unlike with "C", lower() and
            // trigrams work for every script.
            .arg("--locale=C.UTF-8")
            .arg("--pwfile")
            .arg(&password_file)
            .arg("--pgdata")
            .arg(&made)
            .stdin(Stdio::null())
            .process_group(0)
            .kill_on_drop(true);
        if self.durability == Durability::Throwaway {
            initdb.arg("--no-sync");
        }
        for name in private_settings() {
            initdb.env_remove(name);
        }
        if let Some(account) = self.account {
            account.apply(&mut initdb);
        }
        let output = initdb.output().await.context("cannot run initdb")?;
        fs::remove_file(&password_file)?;
        if !output.status.success() {
            bail!("initdb failed: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        fs::rename(&made, self.data())?;
        Ok(())
    }

    /// Gives a path to the account that runs the server.
    fn give(&self, path: &Path) -> io::Result<()> {
        match self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    }

    /// Returns how to run the server.
    ///
    /// # Errors
    /// When its programs are not installed.
    pub fn spec(&self, port: u16, password: &str, log: PathBuf) -> anyhow::Result<ProgramSpec> {
        let programs = Programs::find(&self.data())?;
        let mut args: Vec<OsString> =
            vec!["-D".into(), self.data().into(), "-p".into(), port.to_string().into()];
        let mut settings = vec!["listen_addresses=127.0.0.1", "unix_socket_directories="];
        settings.extend(LOG_SETTINGS);
        let buffers = format!("shared_buffers={}MB", shared_buffers_mb(memory_mb()));
        match self.durability {
            Durability::Kept => settings.push(&buffers),
            Durability::Throwaway => settings.extend([
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=300",
            ]),
        }
        args.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
        Ok(ProgramSpec {
            name: "postgres",
            program: programs.bin.join("postgres"),
            args,
            env: Vec::new(),
            unset: private_settings(),
            account: self.account,
            log,
            // The fast shutdown, as of `pg_ctl stop -m fast`: it ends sessions and loses nothing.
            // SIGTERM would wait until the last client has left.
            stop: Signal::INT,
            probe: Probe::Postgres(url(port, password)),
        })
    }
}

/// Returns the `shared_buffers` of a cluster in MB: a quarter of the memory, as Postgres recommends, from its
/// default of 128 up to 4096. Pages take memory only once they are read.
fn shared_buffers_mb(memory_mb: u64) -> u64 {
    (memory_mb / 4).clamp(128, 4096)
}

/// Returns the memory of the machine in MB; 0 where it is not known.
fn memory_mb() -> u64 {
    let info = fs::read_to_string("/proc/meminfo").unwrap_or_default();
    let total = info.lines().find_map(|line| line.strip_prefix("MemTotal:"));
    let kilobytes = total.and_then(|total| total.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() / 1024
}

/// Returns the URL of a cluster's database `postgres`.
pub fn url(port: u16, password: &str) -> String {
    format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_local_server_buffers_a_quarter_of_the_memory() {
        assert_eq!(shared_buffers_mb(0), 128);
        assert_eq!(shared_buffers_mb(8 * 1024), 2048);
        assert_eq!(shared_buffers_mb(64 * 1024), 4096);
        assert!(memory_mb() > 256, "{}", memory_mb());
    }

    #[test]
    fn the_servers_of_the_local_stack_and_of_compose_log_nothing_that_people_typed() {
        let compose = include_str!("../../../../docker-compose.yml");
        for setting in LOG_SETTINGS {
            assert!(compose.contains(&format!("-c, {setting}")), "{setting}");
        }
        // Without an installed Postgres there is nothing to test.
        let home = std::env::temp_dir();
        let cluster = Cluster::new(home.clone(), None, Durability::Kept);
        if let Ok(spec) = cluster.spec(5432, "password", home.join("log")) {
            for setting in LOG_SETTINGS {
                assert!(spec.args.iter().any(|arg| arg == setting), "{setting}");
            }
        }
    }
}
