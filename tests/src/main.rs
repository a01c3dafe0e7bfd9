//! The `promptforge` program, as it ships.

use std::process::ExitCode;

fn main() -> ExitCode {
    promptforge::main()
}
