use std::process::ExitCode;

use test_service::{Config, run};

fn main() -> ExitCode {
    http_kit::serve::main("test", test_service::PORT, Config::read, run)
}
