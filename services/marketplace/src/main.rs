use std::process::ExitCode;

use marketplace_service::{Config, run};

fn main() -> ExitCode {
    http_kit::serve::main("marketplace", marketplace_service::PORT, Config::read, run)
}
