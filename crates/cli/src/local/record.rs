//! The record of a running stack in the state directory: for `down`, for a second `up`, and for
//! cleaning up after a launcher that was killed.

use serde::{Deserialize, Serialize};

use super::process::{ProcessId, boot_id};

/// A record of the launcher and the parts of a stack.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Record {
    /// The boot id at the time of writing; after another boot nothing of the record runs.
    boot: String,
    pub launcher: ProcessId,
    pub ready: bool,
    /// True if the gateway serves the web client.
    #[serde(default)]
    pub has_web_client: bool,
    /// The parts, in the order of their start.
    pub parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    pub address: String,
    pub runs: Runs,
}

/// The place where a part runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Runs {
    /// Not started yet.
    Starting,
    /// A process of its own.
    As(ProcessId),
    /// The launcher itself.
    InLauncher,
    /// Another place, given by settings: the launcher does not stop it.
    Given,
}

impl Record {
    pub fn new(launcher: ProcessId) -> Self {
        let parts = Vec::new();
        Self { boot: boot_id(), launcher, ready: false, has_web_client: false, parts }
    }

    /// Adds a part.
    pub fn add(&mut self, name: &str, address: String, runs: Runs) {
        self.parts.push(Part { name: name.to_owned(), address, runs });
    }

    /// Sets the process of a part.
    pub fn set_process(&mut self, name: &str, process: ProcessId) {
        if let Some(part) = self.parts.iter_mut().find(|part| part.name == name) {
            part.runs = Runs::As(process);
        }
    }

    /// Returns the address of a part.
    pub fn address(&self, name: &str) -> Option<&str> {
        self.parts.iter().find(|part| part.name == name).map(|part| part.address.as_str())
    }

    /// Tells whether the launcher still runs.
    pub fn is_current(&self) -> bool {
        self.boot == boot_id() && self.launcher.is_alive()
    }

    /// Returns the processes that still run, in the order to stop them.
    pub fn alive(&self) -> Vec<(&str, ProcessId)> {
        if self.boot != boot_id() {
            return Vec::new();
        }
        let processes = self.parts.iter().rev().filter_map(|part| match part.runs {
            Runs::As(process) => Some((part.name.as_str(), process)),
            Runs::Starting | Runs::InLauncher | Runs::Given => None,
        });
        processes.filter(|(_, process)| process.is_alive()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own() -> ProcessId {
        ProcessId::of(std::process::id()).unwrap()
    }

    #[test]
    fn only_own_processes_that_still_run_are_listed_last_started_first() {
        let mut record = Record::new(own());
        for (name, runs) in [
            ("postgres", Runs::Starting),
            ("mongo", Runs::Given),
            ("kafka", Runs::InLauncher),
            ("gateway", Runs::As(own())),
        ] {
            record.add(name, String::new(), runs);
        }
        record.set_process("postgres", own());
        let names: Vec<_> = record.alive().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["gateway", "postgres"]);
        let json = serde_json::to_string(&record).unwrap();
        assert_eq!(serde_json::from_str::<Record>(&json).unwrap().parts, record.parts);
    }

    #[test]
    fn after_a_restart_of_the_machine_nothing_of_it_runs() {
        let mut record = Record::new(own());
        record.add("user", String::new(), Runs::As(own()));
        assert!(record.is_current());
        record.boot = "another".to_owned();
        assert!(!record.is_current() && record.alive().is_empty());
    }
}
