use std::process::ExitCode;

use gateway::{Config, run};

fn main() -> ExitCode {
    http_kit::serve::main("gateway", gateway::PORT, Config::read, run)
}
