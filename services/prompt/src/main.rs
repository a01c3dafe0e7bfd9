use std::process::ExitCode;

use prompt_service::{Config, run};

fn main() -> ExitCode {
    http_kit::serve::main("prompt", prompt_service::PORT, Config::read, run)
}
