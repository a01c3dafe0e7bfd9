//! The result of a measurement, as Markdown.

use std::{fmt, time::Duration};

use super::{cpu::Snapshot, environment::Environment, processes::Service};

/// The CPU times of the processes that take part, at one moment or over a while.
#[derive(Clone, Copy, Debug, Default)]
pub struct Times {
    producer: Duration,
    /// `None` where the broker is not a process of ours.
    broker: Option<Duration>,
    service: Duration,
    /// The sessions of Postgres, and its other processes: the writers and autovacuum.
    sessions: Duration,
    postgres: Duration,
}

impl Times {
    /// Reads the times so far.
    ///
    /// # Errors
    /// When `/proc` cannot be read.
    pub fn now(environment: &Environment, service: Option<&Service>) -> anyhow::Result<Self> {
        let snapshot = Snapshot::take()?;
        let postmaster = environment.postgres.pid();
        let sessions = snapshot.sessions(postmaster);
        Ok(Self {
            producer: snapshot.alone(std::process::id()),
            broker: environment.kafka.as_ref().map(|kafka| snapshot.tree(kafka.pid())),
            service: service.map_or(Duration::ZERO, |service| snapshot.tree(service.running.pid())),
            sessions,
            postgres: snapshot.tree(postmaster).saturating_sub(sessions),
        })
    }

    /// Returns the times since an earlier moment.
    pub fn since(&self, earlier: &Self) -> Self {
        let broker = self.broker.zip(earlier.broker);
        Self {
            producer: self.producer.saturating_sub(earlier.producer),
            broker: broker.map(|(now, then)| now.saturating_sub(then)),
            service: self.service.saturating_sub(earlier.service),
            sessions: self.sessions.saturating_sub(earlier.sessions),
            postgres: self.postgres.saturating_sub(earlier.postgres),
        }
    }
}

/// A step of the measurement.
pub struct Step {
    pub name: &'static str,
    pub events: u64,
    pub took: Duration,
    /// `None` for a part of another step.
    pub times: Option<Times>,
}

impl Step {
    fn per_second(&self) -> f64 {
        self.events as f64 / self.took.as_secs_f64()
    }

    fn cpu(&self, time: Duration) -> String {
        format!("{:.1}", time.as_secs_f64() * 1e6 / self.events as f64)
    }
}

/// The ages of events when their transaction was committed.
#[derive(Debug, sqlx::FromRow)]
pub struct Ages {
    pub events: i64,
    /// The ages in milliseconds that 50, 95, 99 and 100 % did not exceed.
    pub percentiles: Vec<f64>,
}

/// The deltas that were not in the rollups when a backlog was applied, and those left after a while.
#[derive(Debug, Default)]
pub struct Merging {
    pub before: i64,
    pub after: i64,
    pub took: Duration,
}

/// The rows a second of `UNNEST` alone.
pub struct Baseline {
    pub batch: u64,
    pub connections: u64,
    pub rows: u64,
    pub took: Duration,
}

/// Everything that was measured.
pub struct Report {
    pub server: String,
    pub views_before: u64,
    pub steps: Vec<Step>,
    /// The time from the start of the service to its first applied event.
    pub started_after: Duration,
    pub merging: Merging,
    /// The most memory that the service had resident, in bytes.
    pub peak_memory: u64,
    pub steady_rate: u32,
    pub ages: Option<Ages>,
    pub baselines: Vec<Baseline>,
    pub statements: Option<String>,
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let views = indicatif::HumanCount(self.views_before);
        writeln!(f, "{views} views in the database; {}\n", self.server)?;
        writeln!(f, "| step | events | s | events/s |\n|---|--:|--:|--:|")?;
        for step in &self.steps {
            let (events, seconds) = (indicatif::HumanCount(step.events), step.took.as_secs_f64());
            let rate = indicatif::HumanCount(step.per_second() as u64);
            writeln!(f, "| {} | {events} | {seconds:.1} | {rate} |", step.name)?;
        }
        for base in &self.baselines {
            let (rows, seconds) = (indicatif::HumanCount(base.rows), base.took.as_secs_f64());
            let rate = indicatif::HumanCount((base.rows as f64 / seconds) as u64);
            let (batch, connections) = (base.batch, base.connections);
            let name = format!("`UNNEST` alone, {batch} a batch, connections: {connections}");
            writeln!(f, "| {name} | {rows} | {seconds:.1} | {rate} |")?;
        }
        self.write_cpu(f)?;
        if !self.started_after.is_zero() {
            let started = self.started_after.as_secs_f64();
            let Merging { before, after, took } = &self.merging;
            let [before, after] = [before, after].map(|n| indicatif::HumanCount(n.unsigned_abs()));
            writeln!(
                f,
                "\nThe first event was applied {started:.1} s after the start of the service. When the \
                 last was, {before} deltas were not in the rollups yet; {:.1} s later {after} were \
                 left. The service had at most {} MB resident.",
                took.as_secs_f64(),
                self.peak_memory >> 20
            )?;
        }
        if let Some(ages) = &self.ages {
            let [p50, p95, p99, most] = ages.percentiles[..] else { return Err(fmt::Error) };
            writeln!(
                f,
                "\n{} events at {} a second, age when applied: p50 {p50:.0} ms, p95 {p95:.0} ms, p99 \
                 {p99:.0} ms, most {most:.0} ms.",
                indicatif::HumanCount(ages.events.unsigned_abs()),
                self.steady_rate
            )?;
        }
        match &self.statements {
            Some(statements) => write!(f, "\n{statements}"),
            None => Ok(()),
        }
    }
}

impl Report {
    fn write_cpu(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "\n| µs of CPU an event | producer | broker | service | Postgres: sessions | the rest |\n\
             |---|--:|--:|--:|--:|--:|"
        )?;
        for step in &self.steps {
            let Some(times) = &step.times else { continue };
            let broker = times.broker.map_or_else(|| "?".to_owned(), |time| step.cpu(time));
            let [producer, service, sessions, rest] =
                [times.producer, times.service, times.sessions, times.postgres]
                    .map(|time| step.cpu(time));
            let name = step.name;
            writeln!(f, "| {name} | {producer} | {broker} | {service} | {sessions} | {rest} |")?;
        }
        Ok(())
    }
}
