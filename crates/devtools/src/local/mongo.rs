//! A MongoDB-protocol server: `mongod` where there is one, else `nx-27017`, which keeps the data in
//! SQLite files.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::Context;
use promptforge::local::state_dir::{private_dir, remove};
use rustix::process::Signal;

use super::{
    postgres::on_path,
    program::{Probe, Spec, private},
};

pub const USUAL_PORT: u16 = 27017;

/// The server's program.
#[derive(Debug)]
pub enum Program {
    Mongod(PathBuf),
    Nx(PathBuf),
}

impl Program {
    /// # Errors
    /// When there is neither.
    pub fn find(state_dir: &Path) -> anyhow::Result<Self> {
        let in_venv = state_dir.join("venv/bin/nx-27017");
        let in_venv = in_venv.is_file().then_some(in_venv);
        on_path("mongod")
            .map(Self::Mongod)
            .or_else(|| in_venv.or_else(|| on_path("nx-27017")).map(Self::Nx))
            .with_context(|| {
                format!(
                    "no MongoDB server here: run deploy/local/up.sh, which puts one into \
                     {}/venv, or set MONGODB_URI",
                    state_dir.display()
                )
            })
    }

    /// How to run it on a data directory, which is made when absent.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn spec(&self, data: &Path, port: u16, log: PathBuf) -> anyhow::Result<Spec> {
        private_dir(data).with_context(|| format!("cannot make {}", data.display()))?;
        let pid_file = data.join("nx.pid");
        // One left by a crash can name a process of today, and nx would take that for itself.
        remove(&pid_file)?;
        let (program, args): (&Path, Vec<OsString>) = match self {
            Self::Mongod(program) => (
                program,
                vec![
                    "--dbpath".into(),
                    data.into(),
                    "--port".into(),
                    port.to_string().into(),
                    "--bind_ip".into(),
                    "127.0.0.1".into(),
                    "--nounixsocket".into(),
                ],
            ),
            Self::Nx(program) => (
                program,
                vec![
                    "--data-dir".into(),
                    data.into(),
                    "--port".into(),
                    port.to_string().into(),
                    // It logs to standard error too, which is enough.
                    "--log-file".into(),
                    "/dev/null".into(),
                    // By default in /tmp, for all servers on this machine.
                    "--pid-file".into(),
                    pid_file.into(),
                ],
            ),
        };
        Ok(Spec {
            name: "mongo",
            program: program.to_owned(),
            args,
            env: Vec::new(),
            unset: private(),
            account: None,
            log,
            stop: Signal::TERM,
            probe: Probe::Tcp(port),
        })
    }
}

pub fn uri(port: u16) -> String {
    format!("mongodb://127.0.0.1:{port}")
}
