use std::process::ExitCode;

use analytics_service::{Config, run};

fn main() -> ExitCode {
    http_kit::serve::main("analytics", analytics_service::PORT, Config::read, run)
}
