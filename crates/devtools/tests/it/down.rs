//! `promptforge-dev down` and processes that it must and must not stop.

use std::{
    fs,
    process::{Child, Command},
};

use serde_json::{Value, json};
use tempfile::tempdir;

use crate::support::{promptforge_dev, stderr, stdout};

/// A process that the program did not start, killed after the test.
struct Sleeper(Child);

impl Sleeper {
    fn start() -> Self {
        Self(Command::new("sleep").arg("600").spawn().unwrap())
    }

    /// Returns the process as the state directory records it.
    fn noted(&self) -> Value {
        let pid = self.0.id();
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
        let (_, rest) = stat.rsplit_once(')').unwrap();
        let started: u64 = rest.split_ascii_whitespace().nth(19).unwrap().parse().unwrap();
        json!({"pid": pid, "started": started})
    }

    fn ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }
}

impl Drop for Sleeper {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn record(launcher: &Value, part: &Value) -> String {
    let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap();
    json!({
        "boot": boot.trim(),
        "launcher": launcher,
        "ready": true,
        "parts": [{"name": "user", "address": "", "runs": {"as": part}}],
    })
    .to_string()
}

#[tokio::test]
async fn without_a_stack_nothing_is_stopped_and_nothing_is_made() {
    let dir = tempdir().unwrap();
    let state = dir.path().join("state");
    let output = promptforge_dev(["down", "--state-dir"]).arg(&state).output().await.unwrap();
    assert!(output.status.success());
    assert_eq!(stdout(&output), "Nothing is running.\n");
    assert!(!state.exists());
}

#[tokio::test]
async fn what_a_killed_launcher_left_is_stopped() {
    let dir = tempdir().unwrap();
    let (gone, mut left) = (json!({"pid": 4_000_000, "started": 1}), Sleeper::start());
    fs::write(dir.path().join("stack.json"), record(&gone, &left.noted())).unwrap();
    let output = promptforge_dev(["down", "--state-dir"]).arg(dir.path()).output().await.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "Stopped.\n");
    assert!(left.ended());
    assert!(!dir.path().join("stack.json").exists());
}

#[tokio::test]
async fn a_stranger_with_the_number_of_a_noted_process_is_left_alone() {
    let dir = tempdir().unwrap();
    let mut stranger = Sleeper::start();
    let mut earlier = stranger.noted();
    earlier["started"] = json!(1);
    fs::write(dir.path().join("stack.json"), record(&earlier, &earlier)).unwrap();
    let output = promptforge_dev(["down", "--state-dir"]).arg(dir.path()).output().await.unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(stdout(&output), "Nothing is running.\n");
    assert!(!stranger.ended());
}
