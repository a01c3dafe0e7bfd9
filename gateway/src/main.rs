use std::process::ExitCode;

use gateway::{Config, run_on_all_cores};

fn main() -> ExitCode {
    http_kit::serve::main("gateway", gateway::PORT, Config::read, run_on_all_cores)
}
