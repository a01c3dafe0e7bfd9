//! CPU time and memory of processes, from `/proc`; Linux only.

use std::{collections::HashMap, fs, time::Duration};

use anyhow::Context;

/// The time of a clock tick, which is the same on every Linux.
const TICK: Duration = Duration::from_millis(10);

/// The CPU times of all processes of this machine at one moment.
pub struct Snapshot(HashMap<u32, Process>);

struct Process {
    parent: u32,
    own: Duration,
    /// The time of the children that have ended.
    ended: Duration,
}

impl Snapshot {
    /// Reads them.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn take() -> anyhow::Result<Self> {
        let entries = fs::read_dir("/proc").context("cannot ask for CPU times")?;
        let pids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
        // A process may end meanwhile.
        let read = |pid: u32| {
            parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?).map(|read| (pid, read))
        };
        Ok(Self(pids.filter_map(read).collect()))
    }

    /// Returns the time of a process and of its children that have ended.
    pub fn alone(&self, pid: u32) -> Duration {
        self.0.get(&pid).map_or(Duration::ZERO, |process| process.own + process.ended)
    }

    /// Returns the time of the sessions of a Postgres server that have not ended.
    pub fn sessions(&self, postmaster: u32) -> Duration {
        let children = self.0.iter().filter(|(_, process)| process.parent == postmaster);
        // A session's title holds the address of its client: `postgres: user database 127.0.0.1(5432)`.
        let sessions = children.filter(|(pid, _)| {
            fs::read(format!("/proc/{pid}/cmdline"))
                .is_ok_and(|title| title.windows(9).any(|part| part == b"127.0.0.1"))
        });
        sessions.fold(Duration::ZERO, |sum, (pid, _)| sum + self.tree(*pid))
    }

    /// Returns the time of a process and of all processes that it started.
    pub fn tree(&self, pid: u32) -> Duration {
        let children = self.0.iter().filter(|(_, process)| process.parent == pid);
        children.fold(self.alone(pid), |sum, (child, _)| sum + self.tree(*child))
    }

    /// Returns the memory that a process and all processes that it started have resident, in bytes.
    pub fn resident(&self, pid: u32) -> u64 {
        let children = self.0.iter().filter(|(_, process)| process.parent == pid);
        let own = memory(pid, "VmRSS:").unwrap_or_default();
        children.fold(own, |sum, (child, _)| sum + self.resident(*child))
    }
}

/// Reads a line of `/proc/<pid>/stat`.
fn parse(stat: &str) -> Option<Process> {
    // The second field is the program's name, in parentheses, and may hold anything. The parent is the
    // 4th field; the 14th to 17th are user and system time, its own and that of children that have ended.
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    let ticks = |field: usize| fields.get(field)?.parse::<u32>().ok();
    Some(Process {
        parent: ticks(1)?,
        own: TICK * (ticks(11)? + ticks(12)?),
        ended: TICK * (ticks(13)? + ticks(14)?),
    })
}

/// Returns the most memory that a process has had resident, in bytes.
pub fn peak_memory(pid: u32) -> Option<u64> {
    memory(pid, "VmHWM:")
}

fn memory(pid: u32, field: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(field))?;
    Some(line.trim().strip_suffix(" kB")?.parse::<u64>().ok()? * 1024)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn a_name_with_parentheses_and_spaces_is_no_field() {
        let process =
            parse("42 (a) S (b) c) S 7 1 1 0 -1 4194560 1 2 3 4 150 50 20 10 20 0").unwrap();
        assert_eq!(process.parent, 7);
        assert_eq!(process.own, Duration::from_secs(2));
        assert_eq!(process.ended, Duration::from_millis(300));
    }

    #[test]
    fn what_a_child_computes_belongs_to_the_tree() {
        let script = "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; sleep 0";
        let before = Snapshot::take().unwrap().tree(std::process::id());
        assert!(Command::new("sh").args(["-c", script]).status().unwrap().success());
        let after = Snapshot::take().unwrap().tree(std::process::id());
        assert!(after > before, "{after:?} after {before:?}");
        assert!(peak_memory(std::process::id()).unwrap() > 1 << 20);
    }
}
