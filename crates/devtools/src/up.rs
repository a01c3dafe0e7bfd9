//! `promptforge-dev up`: the whole fleet on this machine, with its stores, without containers.
//!
//! - [`stack`]: starts, watches and stops the parts.
//! - [`stores`]: the stores and the broker.
//! - [`fleet_ports`]: the ports of the fleet.
//! - [`cluster_home`]: the directory of the Postgres cluster.
//! - [`settings`]: the settings of each process.
//! - [`progress`]: a line for each part that starts. [`table`]: the addresses.
//! - [`detach`]: a launcher in the background.

mod args;
pub mod cluster_home;
mod detach;
mod fleet_ports;
mod progress;
mod settings;
mod stack;
mod stores;
mod table;

use std::{process::ExitCode, time::Duration};

use anyhow::{Context, bail};
use promptforge::{
    console,
    local::{StateDir, state_dir},
};
use tokio::time::{Instant, sleep};

use crate::{down, local::signals};
pub use args::Args;
use fleet_ports::FleetPorts;
use stack::Stack;

pub async fn run(args: Args) -> anyhow::Result<ExitCode> {
    // Wrong arguments are refused before anything is touched.
    FleetPorts::new(&args.ports)?;
    let web_dir = args.web_dir()?;
    let dir = StateDir::open(&args.state_dir)?;
    let Some(lock) = dir.lock()? else {
        return report_running(&dir, args.reset).await;
    };
    if args.detach {
        // The launcher in the background takes the lock itself.
        drop(lock);
        return detach::run(&dir, &args).await;
    }
    if args.detached {
        // From here on the terminal cannot end the launcher.
        rustix::process::setsid().context("cannot leave the terminal")?;
    }
    let shutdown = signals::stop_signal()?;
    down::stop_leftovers(&dir).await;
    let ports = FleetPorts::claim(&args.ports)?;
    if args.reset {
        clear_data(&dir)?;
    }
    dir.rotate_logs()?;

    let mut stack = Stack::new(dir, args.given, ports, web_dir)?;
    let started = tokio::select! {
        started = stack.start() => started.map(|()| true),
        () = shutdown.cancelled() => Ok(false),
    };
    if let Ok(true) = started {
        console::print(&table::render(stack.record(), stack.dir()));
        stack.mark_ready()?;
        if !args.detached {
            console::eprint("Ctrl-C stops everything.");
        }
        stack.watch(&shutdown).await;
    }
    stack.stop().await;
    // Only now: another launcher must not begin before everything has ended.
    drop(lock);
    match started? {
        true => Ok(ExitCode::SUCCESS),
        // As shells report a Ctrl-C.
        false => Ok(ExitCode::from(130)),
    }
}

/// Waits until the launcher that holds the lock is ready, and prints its addresses.
async fn report_running(dir: &StateDir, reset: bool) -> anyhow::Result<ExitCode> {
    if reset {
        bail!("the stack is running: stop it first (promptforge-dev down), then clear its data");
    }
    let deadline = Instant::now() + Duration::from_secs(120);
    loop {
        match dir.record() {
            Some(record) if record.ready => {
                console::print(&format!("Already running (pid {}).", record.launcher.pid));
                console::print(&table::render(&record, dir));
                return Ok(ExitCode::SUCCESS);
            }
            _ if Instant::now() >= deadline => {
                bail!("another `promptforge-dev up` has been starting or stopping for two minutes");
            }
            _ => sleep(Duration::from_millis(100)).await,
        }
        if dir.lock()?.is_some() {
            bail!("the other `promptforge-dev up` has ended; run it again");
        }
    }
}

fn clear_data(dir: &StateDir) -> anyhow::Result<()> {
    dir.clear_data()?;
    state_dir::remove(&cluster_home::fallback(dir))?;
    console::eprint("Cleared all data.");
    Ok(())
}
