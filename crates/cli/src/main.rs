use std::process::ExitCode;

fn main() -> ExitCode {
    promptforge::main()
}
