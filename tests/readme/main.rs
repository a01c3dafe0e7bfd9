//! The console session of README.md, run against a fleet: what it shows is what is answered.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot set up must fail")]

#[allow(dead_code, reason = "the tests in tests/e2e use the rest of it")]
#[path = "../e2e/fleet.rs"]
mod fleet;

use std::process::Stdio;

use testkit::eventually;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines},
    process::{Child, ChildStdin, ChildStdout, Command},
    sync::Mutex,
};

use fleet::Fleet;

const README: &str = include_str!("../../README.md");

/// The gateway's address in README.md.
const GATEWAY: &str = "http://localhost:9000";

/// The line that ends the output of a command.
const END: &str = "-- end of output --";

/// A command, and what README.md shows that it prints.
#[derive(Debug)]
struct Step {
    command: String,
    output: Vec<String>,
}

impl Step {
    /// Tells whether running it again changes nothing. What it reads may take a moment to be so.
    fn only_reads(&self) -> bool {
        self.command.starts_with("pf GET ")
    }
}

/// Collects the steps of all `console` blocks, which are one session.
fn steps(markdown: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut is_console = false;
    for line in markdown.lines() {
        match line.strip_prefix("```") {
            Some(language) => is_console = language == "console",
            None if !is_console => {}
            None => match (line.strip_prefix("$ "), steps.last_mut()) {
                (Some(command), _) => {
                    steps.push(Step { command: command.to_owned(), output: Vec::new() });
                }
                (None, Some(step)) => step.output.push(line.to_owned()),
                (None, None) => panic!("output before the first command: {line}"),
            },
        }
    }
    steps
}

/// A shell that keeps its variables from command to command.
struct Shell {
    stdin: ChildStdin,
    stdout: Lines<BufReader<ChildStdout>>,
    _child: Child,
}

impl Shell {
    fn start() -> Self {
        let mut child = Command::new("bash")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let stdin = child.stdin.take().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { stdin, stdout, _child: child }
    }

    /// Runs a command and returns the lines that it prints.
    async fn run(&mut self, command: &str) -> Vec<String> {
        let command = format!("{command}\nprintf '\\n%s\\n' '{END}'\n");
        self.stdin.write_all(command.as_bytes()).await.unwrap();
        let mut lines = Vec::new();
        loop {
            let line = self.stdout.next_line().await.unwrap();
            let line = line.unwrap_or_else(|| panic!("the shell has ended after {lines:?}"));
            if line == END {
                break;
            }
            lines.push(line);
        }
        // The line break before the last line ends an output without one, or is empty.
        if lines.last().is_some_and(String::is_empty) {
            lines.pop();
        }
        lines
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_console_session_of_the_readme_answers_as_it_is_shown() {
    let steps = steps(README);
    assert!(steps.len() > 15, "{steps:?}");
    let fleet = Fleet::start().await;
    let shell = Mutex::new(Shell::start());
    let tools = shell.lock().await.run("command -v curl jq").await;
    assert_eq!(tools.len(), 2, "curl and jq are needed: {tools:?}");
    for step in steps {
        let command = step.command.replace(GATEWAY, &fleet.url());
        if step.only_reads() {
            eventually(&format!("{command}\nto print {:#?}", step.output), || async {
                (shell.lock().await.run(&command).await == step.output).then_some(())
            })
            .await;
        } else {
            assert_eq!(shell.lock().await.run(&command).await, step.output, "{command}");
        }
    }
}
