//! `promptforge-dev down`: stops what a state directory says is running, and nothing else.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use promptforge::{
    console,
    local::{StateDir, record::Record, state_dir},
};
use rustix::process::Signal;
use tokio::time::{Instant, sleep};

use crate::{local::program::PATIENCE, up::LAST_EVENTS};

/// The launcher stops its parts in four steps of [`PATIENCE`] at most each, and waits for the last
/// events to be consumed in between.
const LAUNCHER_PATIENCE: Duration =
    Duration::from_secs(4 * PATIENCE.as_secs() + LAST_EVENTS.as_secs() + 10);

/// Stop what `up` started
#[derive(clap::Args)]
pub struct Args {
    /// The state directory that it was started with
    #[arg(long, value_name = "DIR", default_value = state_dir::DEFAULT)]
    state_dir: PathBuf,
}

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    if !args.state_dir.is_dir() {
        console::say("Nothing is running.");
        return Ok(ExitCode::SUCCESS);
    }
    let dir = StateDir::open(&args.state_dir)?;
    if dir.lock()?.is_some() {
        let stopped = stop_leftovers(&dir).await;
        console::say(if stopped { "Stopped." } else { "Nothing is running." });
        return Ok(ExitCode::SUCCESS);
    }
    let Some(record) = launcher(&dir).await? else {
        anyhow::bail!(
            "something holds {}/lock, but it is no `promptforge-dev up` that is known of",
            dir.path().display()
        );
    };
    console::complain(&format!("stopping everything (pid {})", record.launcher.pid));
    record.launcher.signal(Signal::TERM);
    anyhow::ensure!(
        record.launcher.gone_within(LAUNCHER_PATIENCE).await,
        "pid {} has not ended after {} s; see {}",
        record.launcher.pid,
        LAUNCHER_PATIENCE.as_secs(),
        dir.log("launcher").display()
    );
    stop_leftovers(&dir).await;
    console::say("Stopped.");
    Ok(ExitCode::SUCCESS)
}

/// The record of the launcher that holds the lock; it writes it soon after taking that. `None` when
/// what is there names no process that runs.
async fn launcher(dir: &StateDir) -> anyhow::Result<Option<Record>> {
    let deadline = Instant::now() + Duration::from_secs(5);
    loop {
        match dir.record().filter(|record| record.is_current()) {
            Some(record) => return Ok(Some(record)),
            None if Instant::now() >= deadline => return Ok(None),
            None => sleep(Duration::from_millis(50)).await,
        }
    }
}

/// Stops what a launcher left behind that was killed. Whether there was anything.
pub async fn stop_leftovers(dir: &StateDir) -> bool {
    let Some(record) = dir.record() else { return false };
    let alive = record.alive();
    for (name, process) in &alive {
        console::complain(&format!("stopping {name} (pid {}), left from before", process.pid));
        // SIGINT is a fast shutdown for Postgres, and the same as SIGTERM for all others.
        process.end(Signal::INT, PATIENCE).await;
    }
    dir.clear_record();
    !alive.is_empty()
}
