//! A MongoDB-protocol server: `mongod` where there is one, else `nx-27017`, which keeps the data in
//! SQLite files.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
};

use anyhow::Context;
use promptforge::local::state_dir::{create_private_dir, remove};
use rustix::process::Signal;

use super::{
    postgres::on_path,
    program::{Probe, ProgramSpec, private_settings},
};

pub const USUAL_PORT: u16 = 27017;

/// The program of a MongoDB-protocol server.
#[derive(Debug)]
pub enum Program {
    Mongod(PathBuf),
    Nx(PathBuf),
}

impl Program {
    /// Finds the program.
    ///
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

    /// Returns how to run the server on a data directory, which is made if absent.
    ///
    /// # Errors
    /// When the directory cannot be made.
    pub fn spec(&self, data: &Path, port: u16, log: PathBuf) -> anyhow::Result<ProgramSpec> {
        create_private_dir(data).with_context(|| format!("cannot make {}", data.display()))?;
        let pid_file = data.join("nx.pid");
        // A file left by a crash can name a process of today, which nx would take for itself.
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
                    // The server logs to standard error too, which is enough.
                    "--log-file".into(),
                    "/dev/null".into(),
                    // The default is in /tmp, the same for all servers of this machine.
                    "--pid-file".into(),
                    pid_file.into(),
                ],
            ),
        };
        Ok(ProgramSpec {
            name: "mongo",
            program: program.to_owned(),
            args,
            env: Vec::new(),
            unset: private_settings(),
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
