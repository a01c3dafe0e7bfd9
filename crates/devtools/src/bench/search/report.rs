//! The result, with that of the build before beside it.

use std::{fmt, fs, time::Duration};

use indicatif::HumanCount;

use super::searches::Kind;
use crate::bench::reads::report::Measured;

/// The number of prompts for which [`Kind::limit_ms`] holds, and these bounds: bytes that the prompt service
/// has resident, seconds of filling the databases, bytes that the database is smaller.
const A_MILLION: u32 = 1_000_000;
const RESIDENT: u64 = 200_000_000;
const FILLED_IN: Duration = Duration::from_secs(8 * 60);
const SMALLER: i64 = 1_400_000_000;

/// The number of prompts for which this bound holds: searches a second.
const TEN_THOUSAND: u32 = 10_000;
const PER_SECOND: f64 = 3_000.0;

/// The most that creating a prompt may cost Postgres, times that of the build before.
const CREATION: f64 = 2.0 / 3.0;

/// The figures of a fleet.
pub struct Figures {
    pub filled_in: Duration,
    pub indexed_in: Duration,
    pub database_bytes: i64,
    /// The bytes that the prompt service has resident after the searches.
    pub resident: u64,
    /// Searches of all kinds by turns; `None` of a build before that does not answer all of them in time.
    pub searches: Option<Measured>,
    /// The CPU time of Postgres for each created prompt.
    pub creation: Option<Duration>,
}

struct Row {
    name: &'static str,
    limit_ms: f64,
    /// Quickest first.
    now: Vec<Duration>,
    before: Option<Vec<Duration>>,
}

/// Everything that was measured.
pub struct Report {
    prompts: u32,
    samples: u32,
    rows: Vec<Row>,
    figures: Option<(Figures, Option<Figures>)>,
}

impl Report {
    pub fn new(prompts: u32, samples: u32) -> Self {
        Self { prompts, samples, rows: Vec::new(), figures: None }
    }

    pub fn add_times(&mut self, kind: &Kind, now: Vec<Duration>, before: Option<Vec<Duration>>) {
        self.rows.push(Row { name: kind.name, limit_ms: kind.limit_ms, now, before });
    }

    pub fn set_figures(&mut self, now: Figures, before: Option<Figures>) {
        self.figures = Some((now, before));
    }

    fn write_row(&self, f: &mut fmt::Formatter<'_>, row: &Row) -> fmt::Result {
        let p95 = at(&row.now, 95);
        let mark = mark(self.prompts != A_MILLION || p95 <= row.limit_ms);
        write!(f, "| {} | {:.2} | {mark}{p95:.2}{mark} |", row.name, at(&row.now, 50))?;
        write!(f, " {:.2} |", at(&row.now, 100))?;
        match &row.before {
            Some(before) => {
                let [p50, p95, most] = [50, 95, 100].map(|percent| at(before, percent));
                writeln!(f, " {p50:.2} | {p95:.2} | {most:.2} |")
            }
            None => writeln!(f, " | | |"),
        }
    }

    fn write_figures(
        &self,
        f: &mut fmt::Formatter<'_>,
        now: &Figures,
        before: Option<&Figures>,
    ) -> fmt::Result {
        let mut row = |name: &str, figure: &dyn Fn(&Figures) -> String, holds: bool| {
            let mark = mark(holds);
            let before = before.map(figure).unwrap_or_default();
            writeln!(f, "| {name} | {mark}{}{mark} | {before} |", figure(now))
        };
        let is_million = self.prompts == A_MILLION;
        let of_searches = |it: &Figures, figure: &dyn Fn(&Measured) -> String| {
            it.searches.as_ref().map_or_else(|| "not all in time".to_owned(), figure)
        };
        let per_second = now.searches.as_ref().map_or(0.0, |searches| searches.per_second);
        row(
            "searches/s of pages of ten",
            &|it| of_searches(it, &|them| HumanCount(them.per_second as u64).to_string()),
            self.prompts != TEN_THOUSAND || per_second >= PER_SECOND,
        )?;
        let processes = now.searches.iter().flat_map(|searches| &searches.cpu);
        for (position, (name, _)) in processes.enumerate() {
            let micros =
                |them: &Measured| format!("{:.0}", them.cpu[position].1.as_secs_f64() * 1e6);
            row(&format!("CPU of a search, {name}, µs"), &|it| of_searches(it, &micros), true)?;
        }
        row(
            "CPU of a creation, Postgres, µs",
            &|it| format!("{:.0}", it.creation.unwrap_or_default().as_secs_f64() * 1e6),
            before.is_none_or(|it| ratio(now.creation, it.creation) <= CREATION),
        )?;
        row(
            "resident, prompt service, MB",
            &|it| (it.resident / 1_000_000).to_string(),
            !is_million || now.resident < RESIDENT,
        )?;
        row(
            "filling the databases, s",
            &|it| it.filled_in.as_secs().to_string(),
            !is_million || now.filled_in <= FILLED_IN,
        )?;
        row(
            "from the start until all is found, s",
            &|it| it.indexed_in.as_secs().to_string(),
            true,
        )?;
        row(
            "the prompt database, MB",
            &|it| (it.database_bytes / 1_000_000).to_string(),
            !is_million
                || before.is_none_or(|it| it.database_bytes - now.database_bytes >= SMALLER),
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        writeln!(
            f,
            "{} prompts, {} searches of each kind through the gateway, one after another; load average {}; \
             what is not allowed is bold\n",
            HumanCount(u64::from(self.prompts)),
            self.samples,
            load.split(' ').next().unwrap_or_default()
        )?;
        writeln!(f, "| | p50 ms | p95 ms | most ms | before: p50 | p95 | most |")?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|--:|")?;
        for row in &self.rows {
            self.write_row(f, row)?;
        }
        let Some((now, before)) = &self.figures else { return Ok(()) };
        writeln!(f, "\n| | now | before |\n|---|--:|--:|")?;
        self.write_figures(f, now, before.as_ref())
    }
}

/// Returns the time that this part of all does not exceed, in milliseconds.
fn at(sorted: &[Duration], percent: usize) -> f64 {
    let rank = (sorted.len() * percent).div_ceil(100);
    sorted.get(rank.saturating_sub(1)).map_or(0.0, |time| time.as_secs_f64() * 1e3)
}

fn ratio(now: Option<Duration>, before: Option<Duration>) -> f64 {
    let seconds = |time: Option<Duration>| time.unwrap_or_default().as_secs_f64();
    seconds(now) / seconds(before)
}

fn mark(holds: bool) -> &'static str {
    if holds { "" } else { "**" }
}
