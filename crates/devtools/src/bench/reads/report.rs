//! The result.

use std::{fmt, fs, time::Duration};

use crate::bench::gateway::report::{median, push};

/// A measurement of one kind of request.
#[derive(Clone)]
pub struct Measured {
    pub per_second: f64,
    pub p50: Duration,
    pub p99: Duration,
    /// The CPU time of one request by process.
    pub cpu: Vec<(&'static str, Duration)>,
}

/// Everything that was measured, in the order in which it was.
pub struct Report {
    prompts: u32,
    instances: u32,
    connections: u32,
    seconds: u64,
    rows: Vec<(&'static str, Vec<Measured>)>,
}

impl Report {
    pub fn new(prompts: u32, instances: u32, connections: u32, seconds: u64) -> Self {
        Self { prompts, instances, connections, seconds, rows: Vec::new() }
    }

    pub fn add(&mut self, kind: &'static str, measured: Measured) {
        push(&mut self.rows, kind, measured);
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(first) = self.rows.first().and_then(|(_, rounds)| rounds.first()) else {
            return writeln!(f, "nothing was measured");
        };
        let processes: Vec<&str> = first.cpu.iter().map(|(name, _)| *name).collect();
        let rounds = self.rows.first().map_or(0, |(_, rounds)| rounds.len());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        writeln!(
            f,
            "{} prompts, {} prompt services, {} connections, {rounds} rounds of {} s, medians; CPU µs a \
             request; load average {}\n",
            indicatif::HumanCount(u64::from(self.prompts)),
            self.instances,
            self.connections,
            self.seconds,
            load.split(' ').next().unwrap_or_default()
        )?;
        writeln!(f, "| | {} | all | requests/s | p50 ms | p99 ms |", processes.join(" | "))?;
        writeln!(f, "|---|{}--:|--:|--:|--:|", "--:|".repeat(processes.len()))?;
        for (kind, rounds) in &self.rows {
            let cpu = |process: usize| median(rounds, |it| it.cpu[process].1).as_secs_f64() * 1e6;
            let all = median(rounds, |it| it.cpu.iter().map(|(_, time)| *time).sum::<Duration>());
            write!(f, "| {kind} |")?;
            for process in 0..processes.len() {
                write!(f, " {:.0} |", cpu(process))?;
            }
            writeln!(
                f,
                " {:.0} | {} | {:.2} | {:.2} |",
                all.as_secs_f64() * 1e6,
                indicatif::HumanCount(median(rounds, |it| it.per_second) as u64),
                median(rounds, |it| it.p50).as_secs_f64() * 1e3,
                median(rounds, |it| it.p99).as_secs_f64() * 1e3,
            )?;
        }
        Ok(())
    }
}
