//! A Postgres cluster of our own, from the binaries that the distribution installs.
//!
//! Only the loopback reaches it, and still it asks for a password: other users of the machine reach
//! the loopback too. It makes no Unix socket, whose path a deep checkout could make too long.

use std::{
    ffi::OsString,
    fs, io,
    os::unix::fs::{DirBuilderExt, chown},
    path::{Path, PathBuf},
    process::Stdio,
};

use anyhow::{Context, bail, ensure};
use promptforge::local::secrets;
use rustix::process::{Signal, geteuid};
use tokio::process::Command;

use super::program::{Probe, Spec, private};

/// Where Debian and its kin put each version's programs.
const DEBIAN: &str = "/usr/lib/postgresql";

pub const USUAL_PORT: u16 = 5432;

/// An unprivileged account; Postgres refuses to run as root.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    uid: u32,
    gid: u32,
}

impl Account {
    /// `None` when we are not root, and Postgres can run as we do; else the account `postgres`,
    /// which comes with the distribution's package.
    ///
    /// # Errors
    /// When we are root and there is no such account.
    pub fn needed() -> anyhow::Result<Option<Self>> {
        if !geteuid().is_root() {
            return Ok(None);
        }
        let id = |option: &str| -> anyhow::Result<u32> {
            let output = std::process::Command::new("id").args([option, "postgres"]).output()?;
            ensure!(output.status.success(), "no account \"postgres\"");
            Ok(String::from_utf8(output.stdout)?.trim().parse()?)
        };
        let account = || anyhow::Ok(Self { uid: id("-u")?, gid: id("-g")? });
        account().map(Some).context("Postgres does not run as root, and there is no other account")
    }

    /// Runs the command as this account, in a directory that it can be in.
    pub fn apply(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid).current_dir("/");
    }

    /// Whether this account can enter a directory.
    fn can_enter(self, path: &Path) -> bool {
        let mut command = std::process::Command::new("test");
        std::os::unix::process::CommandExt::uid(&mut command, self.uid);
        std::os::unix::process::CommandExt::gid(&mut command, self.gid);
        command.arg("-x").arg(path).current_dir("/").status().is_ok_and(|status| status.success())
    }

    /// The outermost directory on the way to `path` that this account cannot enter.
    pub fn obstacle(self, path: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        way.into_iter().find(|step| !self.can_enter(step)).map(Path::to_owned)
    }
}

/// The programs of one version.
#[derive(Clone, Debug)]
pub struct Programs {
    bin: PathBuf,
}

impl Programs {
    /// Of the version that `data` was made by, when there is a cluster; else of the newest
    /// version.
    ///
    /// # Errors
    /// When there are none.
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

/// A program on `PATH`.
pub fn on_path(program: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|dir| dir.join(program)).find(|file| file.is_file())
}

/// Keeps what people typed out of the server's log. An error's details name the values that violate a
/// constraint (`Key (email)=(…)`), or the whole row; a statement that is logged, its parameters.
const LOG_SETTINGS: [&str; 3] = [
    "log_error_verbosity=terse",
    "log_parameter_max_length=0",
    "log_parameter_max_length_on_error=0",
];

/// What the data is worth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    Kept,
    /// For tests: nothing waits for the disk, and many connect at once.
    Throwaway,
}

/// A cluster under one directory, which belongs to the account that it runs as.
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

    /// Makes the cluster, with `password` for its superuser `postgres`. One that was interrupted is
    /// begun anew.
    ///
    /// # Errors
    /// When the directory cannot be used, or `initdb` fails; with what it says.
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
        // A file, not a pipe: another account may not open a pipe of ours by its name.
        secrets::write(&password_file, password)?;
        self.give(&password_file)?;

        let mut initdb = Command::new(programs.bin.join("initdb"));
        initdb
            .args(["--username=postgres", "--auth=scram-sha-256", "--encoding=UTF8"])
            // The order of code points everywhere, whatever locales the machine has; and unlike
            // "C", lower() and trigrams for every script.
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
        for name in private() {
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

    /// Lets the account that the cluster runs as own a path.
    fn give(&self, path: &Path) -> io::Result<()> {
        match self.account {
            Some(account) => chown(path, Some(account.uid), Some(account.gid)),
            None => Ok(()),
        }
    }

    /// How to run it.
    ///
    /// # Errors
    /// When its programs are not installed.
    pub fn spec(&self, port: u16, password: &str, log: PathBuf) -> anyhow::Result<Spec> {
        let programs = Programs::find(&self.data())?;
        let mut args: Vec<OsString> =
            vec!["-D".into(), self.data().into(), "-p".into(), port.to_string().into()];
        let mut settings = vec!["listen_addresses=127.0.0.1", "unix_socket_directories="];
        settings.extend(LOG_SETTINGS);
        if self.durability == Durability::Throwaway {
            settings.extend([
                "fsync=off",
                "synchronous_commit=off",
                "full_page_writes=off",
                "max_connections=300",
            ]);
        }
        args.extend(settings.into_iter().flat_map(|setting| ["-c".into(), setting.into()]));
        Ok(Spec {
            name: "postgres",
            program: programs.bin.join("postgres"),
            args,
            env: Vec::new(),
            unset: private(),
            account: self.account,
            log,
            // Its "fast" shutdown, as `pg_ctl stop -m fast` asks for: sessions are ended, nothing
            // is lost. SIGTERM would wait until the last client has left.
            stop: Signal::INT,
            probe: Probe::Postgres(url(port, password)),
        })
    }
}

/// Of a cluster's database `postgres`.
pub fn url(port: u16, password: &str) -> String {
    format!("postgres://postgres:{password}@127.0.0.1:{port}/postgres")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_servers_of_the_local_stack_and_of_compose_log_nothing_that_people_typed() {
        let compose = include_str!("../../../../docker-compose.yml");
        for setting in LOG_SETTINGS {
            assert!(compose.contains(&format!("-c, {setting}")), "{setting}");
        }
        // Where no Postgres is installed, none is run.
        let home = std::env::temp_dir();
        let cluster = Cluster::new(home.clone(), None, Durability::Kept);
        if let Ok(spec) = cluster.spec(5432, "password", home.join("log")) {
            for setting in LOG_SETTINGS {
                assert!(spec.args.iter().any(|arg| arg == setting), "{setting}");
            }
        }
    }
}
