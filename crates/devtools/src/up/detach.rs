//! `up --detach`: a launcher in the background, followed until it is ready.

use std::{
    env,
    fs::{self, File},
    io::{Read, Write, stdout},
    process::{ExitCode, Stdio},
    time::Duration,
};

use anyhow::Context;
use promptforge::local::{StateDir, process};
use rustix::process::Signal;
use tokio::{
    process::{Child, Command},
    time::sleep,
};

use super::args::Args;
use crate::local::signals;

/// Starts a launcher and shows its output until it is ready (exit code 0) or has ended (its own code).
pub async fn run(dir: &StateDir, args: &Args) -> anyhow::Result<ExitCode> {
    let shutdown = signals::stop_signal()?;
    let log = dir.log("launcher");
    if log.exists() {
        fs::rename(&log, log.with_extension("log.1"))?;
    }
    let output = File::options().create(true).append(true).open(&log);
    let output = output.with_context(|| format!("cannot write {}", log.display()))?;
    let mut said = File::open(&log)?;
    let mut launcher = command(dir, args)?
        .stdin(Stdio::null())
        .stdout(output.try_clone()?)
        .stderr(output)
        .spawn()
        .context("cannot start the launcher")?;
    loop {
        tokio::select! {
            () = sleep(Duration::from_millis(50)) => {}
            () = shutdown.cancelled() => ask_to_stop(&launcher),
        }
        let ended = launcher.try_wait()?;
        let ready = dir
            .record()
            .is_some_and(|record| record.ready && Some(record.launcher.pid) == launcher.id());
        // After the state was read, so that everything written before is shown.
        echo(&mut said)?;
        match ended {
            Some(status) => {
                let code = status.code().and_then(|code| u8::try_from(code).ok());
                return Ok(ExitCode::from(code.unwrap_or(1)));
            }
            None if ready && !shutdown.is_cancelled() => return Ok(ExitCode::SUCCESS),
            None => {}
        }
    }
}

fn command(dir: &StateDir, args: &Args) -> anyhow::Result<Command> {
    let mut command = Command::new(env::current_exe()?);
    command.args(["up", "--detached", "--state-dir"]).arg(dir.path());
    command.args(args.ports.to_args());
    if args.reset {
        command.arg("--reset");
    }
    if let Some(dir) = &args.web_dir {
        command.arg("--web-dir").arg(dir);
    }
    if let Some(kind) = args.given.kafka {
        command.args(["--kafka", kind.name()]);
    }
    // In the environment, since other users can read arguments.
    for (name, value) in [
        ("POSTGRES_URL", &args.given.postgres_url),
        ("MONGODB_URI", &args.given.mongodb_uri),
        ("KAFKA_BROKERS", &args.given.kafka_brokers),
    ] {
        if let Some(value) = value {
            command.env(name, value);
        }
    }
    Ok(command)
}

fn ask_to_stop(launcher: &Child) {
    if let Some(pid) = launcher.id() {
        process::send_signal(pid, Signal::TERM);
    }
}

fn echo(said: &mut File) -> anyhow::Result<()> {
    let mut new = Vec::new();
    said.read_to_end(&mut new)?;
    stdout().write_all(&new)?;
    stdout().flush()?;
    Ok(())
}
