//! The account that Postgres runs as.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use rustix::process::geteuid;
use tokio::process::Command;

/// An unprivileged account; Postgres refuses to run as root.
#[derive(Clone, Copy, Debug)]
pub struct Account {
    pub uid: u32,
    pub gid: u32,
}

impl Account {
    /// Returns the account `postgres` of the distribution's package if this process is root; else `None`.
    ///
    /// # Errors
    /// When this process is root and there is no such account.
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

    /// Sets the account and the working directory of a command.
    pub fn apply(self, command: &mut Command) {
        command.uid(self.uid).gid(self.gid).current_dir("/");
    }

    /// Tells whether this account can enter a directory.
    fn can_enter(self, path: &Path) -> bool {
        let mut command = std::process::Command::new("test");
        std::os::unix::process::CommandExt::uid(&mut command, self.uid);
        std::os::unix::process::CommandExt::gid(&mut command, self.gid);
        command.arg("-x").arg(path).current_dir("/").status().is_ok_and(|status| status.success())
    }

    /// Returns the outermost directory on the way to `path` that this account cannot enter.
    pub fn obstacle(self, path: &Path) -> Option<PathBuf> {
        let mut way: Vec<&Path> = path.ancestors().collect();
        way.reverse();
        way.into_iter().find(|step| !self.can_enter(step)).map(Path::to_owned)
    }
}
