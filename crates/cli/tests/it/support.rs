use std::{ffi::OsStr, process::Output};

use tokio::process::Command;

/// Returns a command of the program, without the settings of the tests themselves.
pub fn promptforge<S: AsRef<OsStr>>(args: impl IntoIterator<Item = S>) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_promptforge"));
    command.args(args).env_remove("PROMPTFORGE_PASSWORD").kill_on_drop(true);
    command
}

pub fn stdout(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).unwrap()
}

pub fn stderr(output: &Output) -> &str {
    std::str::from_utf8(&output.stderr).unwrap()
}
