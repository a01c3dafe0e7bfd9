//! Processes by number and start time, so that none is taken for a later process with the same number.

use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

/// A process of this machine, identified until the machine restarts ([`boot_id`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pub pid: u32,
    /// The start time in clock ticks since the machine started, as in `/proc/<pid>/stat`.
    started: u64,
}

impl ProcessId {
    /// Returns the process that has this number now; `None` if there is none, or it is a zombie.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (state, started) = parse_stat(&stat)?;
        (!matches!(state, "Z" | "X")).then_some(Self { pid, started })
    }

    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal if the process is still alive.
    pub fn signal(self, signal: Signal) {
        if self.is_alive() {
            send_signal(self.pid, signal);
        }
    }

    /// Waits until the process is gone; false if it is still alive after `patience`.
    pub async fn wait_until_gone(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Sends the signal `asking`, and SIGKILL if the process is still alive after `patience`.
    pub async fn terminate(self, asking: Signal, patience: Duration) {
        self.signal(asking);
        if !self.wait_until_gone(patience).await {
            self.signal(Signal::KILL);
            self.wait_until_gone(Duration::from_secs(5)).await;
        }
    }
}

/// Returns the name of the program that a process runs.
pub fn program_name(pid: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned())
}

/// Sends a signal to a process that cannot have been replaced: a child that was not waited for, or
/// a process seen just before. A process that is gone is no error.
pub fn send_signal(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Returns the id of this start of the machine. Process numbers and start times are reset by the
/// next one.
pub fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// Returns the state (field 3) and the start time (field 22); see proc(5). The name (field 2) may hold
/// anything between its parentheses, so fields are counted from the last closing one.
fn parse_stat(stat: &str) -> Option<(&str, u64)> {
    let (_, rest) = stat.rsplit_once(')')?;
    let mut fields = rest.split_ascii_whitespace();
    let state = fields.next()?;
    Some((state, fields.nth(18)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn state_and_start_time_are_found_whatever_the_name_holds() {
        let stat = "42 (a) b (c) S 1 42 42 0 -1 4194560 1 0 0 0 0 0 0 0 20 0 1 0 98765 1 2 3";
        assert_eq!(parse_stat(stat), Some(("S", 98765)));
        assert_eq!(parse_stat("nonsense"), None);
    }

    #[test]
    fn a_process_with_the_number_of_an_earlier_one_is_not_it() {
        let own = ProcessId::of(std::process::id()).unwrap();
        assert!(own.is_alive());
        assert!(!ProcessId { started: own.started + 1, ..own }.is_alive());
    }
}
