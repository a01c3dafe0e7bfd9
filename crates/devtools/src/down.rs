//! `promptforge-dev down`: stops the processes that a state directory records, and no others.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use promptforge::{
    console,
    local::{StateDir, record::Record, state_dir},
};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::local::program::{DRAIN_TIMEOUT, STOP_TIMEOUT};

/// The time in which the launcher must end: it stops its parts in four steps of [`STOP_TIMEOUT`] at most,
/// and waits in between until the last events are consumed.
const LAUNCHER_STOP_TIMEOUT: Duration =
    Duration::from_secs(4 * STOP_TIMEOUT.as_secs() + DRAIN_TIMEOUT.as_secs() + 10);

/// Stop what `up` started
#[derive(clap::Args)]
pub struct Args {
    /// The state directory of the stack
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if !args.state_dir.is_dir() {
        console::print("Nothing is running.");
        return Ok(ExitCode::SUCCESS);
    }
    let dir = StateDir::open(&args.state_dir)?;
    if dir.lock()?.is_some() {
        let stopped = stop_leftovers(&dir).await;
        console::print(if stopped { "Stopped." } else { "Nothing is running." });
        return Ok(ExitCode::SUCCESS);
    }
    let Some(record) = running_launcher(&dir).await? else {
        anyhow::bail!(
            "something holds {}/lock, but it is no `promptforge-dev up` that is known of",
            dir.path().display()
        );
    };
    console::eprint(&format!("stopping everything (pid {})", record.launcher.pid));
    record.launcher.signal(Signal::TERM);
    anyhow::ensure!(
        record.launcher.wait_until_gone(LAUNCHER_STOP_TIMEOUT).await,
        "pid {} has not ended after {} s; see {}",
        record.launcher.pid,
        LAUNCHER_STOP_TIMEOUT.as_secs(),
        dir.log("launcher").display()
    );
    stop_leftovers(&dir).await;
    console::print("Stopped.");
    Ok(ExitCode::SUCCESS)
}

/// Returns the record of the launcher that holds the lock, which it writes soon after taking the lock;
/// `None` if the record names no running process.
async fn running_launcher(dir: &StateDir) -> anyhow::Result<Option<Record>> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match dir.record().filter(|record| record.is_current()) {
            Some(record) => return Ok(Some(record)),
            None if Instant::now() >= deadline => return Ok(None),
            None => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Stops the processes that a killed launcher left behind; tells whether there were any.
pub async fn stop_leftovers(dir: &StateDir) -> bool {
    let Some(record) = dir.record() else { return false };
    let alive = record.alive();
    for (name, process) in &alive {
        console::eprint(&format!("stopping {name} (pid {}), left from before", process.pid));
        // SIGINT is a fast shutdown for Postgres, and the same as SIGTERM for the others.
        process.terminate(Signal::INT, STOP_TIMEOUT).await;
    }
    dir.clear_record();
    !alive.is_empty()
}
