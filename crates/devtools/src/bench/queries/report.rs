//! The report, as Markdown.

use std::{collections::HashMap, fmt::Write, fs, thread::available_parallelism};

use reqwest::StatusCode;
use sqlx::{PgPool, query_as, query_scalar};

use super::{notices::Statement, service::Response};

/// The limit of the 95th percentile, in milliseconds.
const LIMIT_MS: f64 = 100.0;

/// The number of statements that are shown with their plans.
const PLANS: usize = 10;

/// The calls of one kind, measured.
pub struct Measurement {
    pub name: &'static str,
    calls: Vec<Response>,
    /// The status of the first failure, and the number of failures.
    failures: Option<(StatusCode, u32)>,
}

impl Measurement {
    pub fn new(name: &'static str) -> Self {
        Self { name, calls: Vec::new(), failures: None }
    }

    pub fn add(&mut self, call: Response) {
        if !call.status.is_success() {
            let (_, count) = self.failures.get_or_insert((call.status, 0));
            *count += 1;
        }
        self.calls.push(call);
    }

    fn statements(&self) -> impl Iterator<Item = &Statement> {
        self.calls.iter().flat_map(|call| &call.statements)
    }

    /// Returns the calls, quickest first.
    fn sorted(&self) -> Vec<&Response> {
        let mut calls: Vec<_> = self.calls.iter().collect();
        calls.sort_unstable_by(|a, b| a.database_ms().total_cmp(&b.database_ms()));
        calls
    }
}

/// The measurements, and the machine and database that they were made on.
pub struct Report {
    machine: String,
    server: String,
    settings: Vec<(String, String)>,
    tables: Vec<(String, f32, String)>,
    measurements: Vec<Measurement>,
}

impl Report {
    /// Adds what Postgres tells of its settings and tables.
    ///
    /// # Errors
    /// When Postgres does not answer.
    pub async fn new(pool: &PgPool, measurements: Vec<Measurement>) -> anyhow::Result<Self> {
        let settings = query_as(
            "select name, current_setting(name) from pg_settings
             where name in ('shared_buffers', 'effective_cache_size', 'work_mem', 'random_page_cost',
                            'max_parallel_workers_per_gather', 'jit', 'fsync', 'synchronous_commit')
             order by name",
        )
        .fetch_all(pool)
        .await?;
        let tables = query_as(
            "select c.relname::text, c.reltuples, pg_size_pretty(pg_total_relation_size(c.oid))
             from pg_class c
             where c.relkind = 'r' and c.relnamespace = 'public'::regnamespace and c.reltuples > 0
             order by pg_total_relation_size(c.oid) desc limit 8",
        )
        .fetch_all(pool)
        .await?;
        let server = query_scalar("select 'PostgreSQL ' || current_setting('server_version')");
        let server = server.fetch_one(pool).await?;
        Ok(Self { machine: machine(), server, settings, tables, measurements })
    }

    pub fn has_failures(&self) -> bool {
        self.measurements.iter().any(|measurement| measurement.failures.is_some())
    }

    pub fn to_markdown(&self) -> String {
        let mut text = String::new();
        // Writing to a string cannot fail.
        let _ = self.write(&mut text);
        text
    }

    fn write(&self, out: &mut String) -> std::fmt::Result {
        let settings: Vec<_> =
            self.settings.iter().map(|(name, value)| format!("`{name}` {value}")).collect();
        writeln!(out, "{}; {}: {}.\n", self.machine, self.server, settings.join(", "))?;
        writeln!(out, "| table | rows | with its indexes |\n|---|--:|--:|")?;
        for (table, rows, size) in &self.tables {
            writeln!(out, "| {table} | {} | {size} |", indicatif::HumanCount(*rows as u64))?;
        }
        writeln!(out, "\n| asked for | calls | statements each | p50 ms | p95 ms | most ms |")?;
        writeln!(out, "|---|--:|--:|--:|--:|--:|")?;
        for measurement in &self.measurements {
            measurement.write(out)?;
        }
        self.write_hottest(out)?;
        self.write_slow(out)
    }

    fn write_hottest(&self, out: &mut String) -> std::fmt::Result {
        let mut by_sql: HashMap<&str, Vec<(&Statement, &'static str)>> = HashMap::new();
        for measurement in &self.measurements {
            for statement in measurement.statements().filter(|one| one.plan.is_some()) {
                by_sql.entry(&statement.sql).or_default().push((statement, measurement.name));
            }
        }
        let mut hottest: Vec<_> = by_sql.into_iter().collect();
        for (_, calls) in &mut hottest {
            calls.sort_unstable_by(|(a, _), (b, _)| time(a).total_cmp(&time(b)));
        }
        let total = |calls: &[(&Statement, _)]| calls.iter().map(|(one, _)| time(one)).sum::<f64>();
        hottest.sort_unstable_by(|(_, a), (_, b)| total(b).total_cmp(&total(a)));

        writeln!(out, "\nThe {PLANS} statements that took the most time together:")?;
        for (number, (sql, calls)) in hottest.iter().take(PLANS).enumerate() {
            let times: Vec<_> = calls.iter().map(|(one, _)| time(one)).collect();
            let (median, asked_for) = calls[calls.len() / 2];
            let within = if median.is_inner() { ", within a function" } else { "" };
            writeln!(
                out,
                "\n### {}. {asked_for}{within}\n\n{} calls, p50 {:.2} ms, p95 {:.2} ms. The plan of \
                 the median one:\n",
                number + 1,
                calls.len(),
                percentile(&times, 0.5).unwrap_or(&0.0),
                percentile(&times, 0.95).unwrap_or(&0.0),
            )?;
            write_plan(out, sql, median)?;
        }
        Ok(())
    }

    /// Writes the statement that made slow calls slow.
    fn write_slow(&self, out: &mut String) -> std::fmt::Result {
        for measurement in &self.measurements {
            let calls = measurement.sorted();
            let Some(call) = percentile(&calls, 0.95) else { continue };
            let slowest = call.statements.iter().max_by(|a, b| time(a).total_cmp(&time(b)));
            let Some(slowest) = slowest.filter(|_| call.database_ms() > LIMIT_MS) else { continue };
            writeln!(
                out,
                "\n### Over {LIMIT_MS} ms: {}\n\nOf the call at p95, the statement that took longest, \
                 {:.2} ms:\n",
                measurement.name,
                time(slowest),
            )?;
            write_plan(out, &slowest.sql, slowest)?;
        }
        Ok(())
    }
}

fn write_plan(out: &mut String, sql: &str, statement: &Statement) -> std::fmt::Result {
    let plan = statement.plan.as_ref().map_or("", |(plan, _)| plan);
    writeln!(out, "```sql\n{sql}\n```\n\n```\n{plan}\n```")
}

/// Returns the time by which statements are compared, in milliseconds.
fn time(statement: &Statement) -> f64 {
    if statement.is_inner() { statement.executing_ms } else { statement.ms }
}

impl Measurement {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        let calls = self.sorted();
        let ms = |call: Option<&&Response>| call.map_or(0.0, |call| call.database_ms());
        let p95 = ms(percentile(&calls, 0.95));
        let mark = if p95 > LIMIT_MS { "**" } else { "" };
        let outer = self.statements().filter(|statement| !statement.is_inner()).count();
        write!(
            out,
            "| {} | {} | {:.1} | {:.2} | {mark}{p95:.2}{mark} | {:.2} |",
            self.name,
            calls.len(),
            outer as f64 / calls.len().max(1) as f64,
            ms(percentile(&calls, 0.5)),
            ms(calls.last()),
        )?;
        match self.failures {
            Some((status, count)) => writeln!(out, " {count} × {status}"),
            None => writeln!(out),
        }
    }
}

/// Returns the item of a sorted list that `part` of all do not exceed.
fn percentile<T>(sorted: &[T], part: f64) -> Option<&T> {
    let rank = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(rank.saturating_sub(1))
}

/// Describes the cores and the memory of this machine.
fn machine() -> String {
    let cores = available_parallelism().map_or(0, usize::from);
    let memory = fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let total = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
        total.trim().strip_suffix(" kB")?.parse::<u64>().ok()
    });
    match memory {
        Some(kib) => format!("{cores} cores, {} GiB of memory", kib.div_ceil(1024 * 1024)),
        None => format!("{cores} cores"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let times: Vec<u32> = (1..=200).collect();
        assert_eq!(percentile(&times, 0.5), Some(&100));
        assert_eq!(percentile(&times, 0.95), Some(&190));
        assert_eq!(percentile(&[3], 0.95), Some(&3));
        assert_eq!(percentile::<u32>(&[], 0.95), None);
    }
}
