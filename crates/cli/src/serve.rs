//! `promptforge serve`: one process of the fleet.

use std::process::ExitCode;

use crate::fleet::Process;

/// Run one process of the fleet, with its settings from the environment
#[derive(clap::Args)]
pub struct Args {
    process: Process,
}

pub fn run(args: &Args) -> ExitCode {
    args.process.serve()
}
