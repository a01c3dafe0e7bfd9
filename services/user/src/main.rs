use std::process::ExitCode;

use user_service::{Config, run};

fn main() -> ExitCode {
    http_kit::serve::main("user", user_service::PORT, Config::read, run)
}
