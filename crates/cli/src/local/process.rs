//! Processes by number and start time, so that none is taken for a later one with its number.

use std::{fs, time::Duration};

use rustix::process::{Pid, Signal, kill_process};
use serde::{Deserialize, Serialize};
use tokio::time::{Instant, sleep};

/// One process of this machine, until it restarts ([`boot_id`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProcessId {
    pub pid: u32,
    /// In clock ticks since the machine started, as in `/proc/<pid>/stat`.
    started: u64,
}

impl ProcessId {
    /// The process that has this number now; `None` when there is none, or it has ended and only
    /// waits for its parent to notice.
    pub fn of(pid: u32) -> Option<Self> {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (state, started) = parse_stat(&stat)?;
        (!matches!(state, "Z" | "X")).then_some(Self { pid, started })
    }

    pub fn is_alive(self) -> bool {
        Self::of(self.pid) == Some(self)
    }

    /// Sends a signal, if it is still there.
    pub fn signal(self, signal: Signal) {
        if self.is_alive() {
            send(self.pid, signal);
        }
    }

    /// Waits until it is gone; false when it is still there after `patience`.
    pub async fn gone_within(self, patience: Duration) -> bool {
        let deadline = Instant::now() + patience;
        while self.is_alive() {
            if Instant::now() >= deadline {
                return false;
            }
            sleep(Duration::from_millis(20)).await;
        }
        true
    }

    /// Asks it to end, and makes it when it has not in time.
    pub async fn end(self, asking: Signal, patience: Duration) {
        self.signal(asking);
        if !self.gone_within(patience).await {
            self.signal(Signal::KILL);
            self.gone_within(Duration::from_secs(5)).await;
        }
    }
}

/// The name of the program that a process runs.
pub fn program(pid: u32) -> Option<String> {
    Some(fs::read_to_string(format!("/proc/{pid}/comm")).ok()?.trim_end().to_owned())
}

/// Sends a signal to a process that cannot have been replaced: a child not yet waited for, or one
/// just seen. That it is gone is no error.
pub fn send(pid: u32, signal: Signal) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process(pid, signal);
    }
}

/// Differs after each start of the machine; process numbers and start times begin anew then.
pub fn boot_id() -> String {
    let id = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    id.trim().to_owned()
}

/// State (field 3) and start time (field 22); see proc(5). The name (field 2) is in parentheses and
/// may hold anything, so fields are counted from the last closing one.
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
