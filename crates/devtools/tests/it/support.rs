use std::{ffi::OsStr, process::Output};

use tokio::process::Command;

/// Returns a command of the program.
pub fn promptforge_dev<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptforge-dev"));
    command.args(args).kill_on_drop(true);
    command
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}
