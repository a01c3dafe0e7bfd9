//! The result, beside the bars.

use std::{fmt, fs, time::Duration};

use super::load::Outcome;

/// The bars for the gateway: times nginx's CPU time and throughput, times the throughput of HAProxy with
/// a JWT, milliseconds added at the fixed rate, bytes resident.
const CPU_OF_NGINX: f64 = 1.2;
const THROUGHPUT_OF_NGINX: f64 = 0.85;
const THROUGHPUT_OF_HAPROXY_JWT: f64 = 3.0;
const ADDED_P50_MS: f64 = 0.2;
const ADDED_P99_MS: f64 = 1.5;
const RESIDENT: u64 = 30 << 20;

/// The result of a measurement with as many requests as a proxy takes.
#[derive(Clone)]
pub struct Measured {
    pub per_second: f64,
    /// The CPU time of one request.
    pub cpu: Duration,
    pub p50: Duration,
    pub p99: Duration,
    /// The bytes of memory that are resident.
    pub resident: u64,
}

/// The latency at a fixed rate in milliseconds, and its difference to that of the upstream itself.
#[derive(Clone)]
pub struct Added {
    p50: f64,
    p99: f64,
    added_p50: f64,
    added_p99: f64,
}

impl Added {
    pub fn of(through: &Outcome, direct: &Outcome) -> Self {
        let millis = |time: Duration| time.as_secs_f64() * 1e3;
        let (p50, p99) = (millis(through.p50), millis(through.p99));
        Self { p50, p99, added_p50: p50 - millis(direct.p50), added_p99: p99 - millis(direct.p99) }
    }
}

/// Everything that was measured, in the order in which it was.
pub struct Report {
    seconds: u64,
    connections: u32,
    rate: u32,
    saturated: Vec<(&'static str, Vec<Measured>)>,
    steady: Vec<(&'static str, Vec<Added>)>,
    /// The number of client addresses, and the bytes that the gateway had resident after them.
    pub memory: Option<(u64, u64)>,
}

impl Report {
    pub fn new(seconds: u64, connections: u32, rate: u32) -> Self {
        let (saturated, steady) = (Vec::new(), Vec::new());
        Self { seconds, connections, rate, saturated, steady, memory: None }
    }

    pub fn add(&mut self, name: &'static str, measured: Measured) {
        push(&mut self.saturated, name, measured);
    }

    pub fn add_latency(&mut self, name: &'static str, added: Added) {
        push(&mut self.steady, name, added);
    }

    /// Returns the medians of a proxy whose name begins like this.
    fn medians(&self, start: &str) -> Option<Measured> {
        let (_, rounds) = self.saturated.iter().find(|(name, _)| name.starts_with(start))?;
        Some(Measured {
            per_second: median(rounds, |it| it.per_second),
            cpu: median(rounds, |it| it.cpu),
            p50: median(rounds, |it| it.p50),
            p99: median(rounds, |it| it.p99),
            resident: median(rounds, |it| it.resident),
        })
    }

    fn write_bars(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Some(gateway), Some(nginx), Some(jwt)) =
            (self.medians("gateway"), self.medians("nginx"), self.medians("HAProxy, JWT"))
        else {
            return Ok(());
        };
        writeln!(f, "\n| the gateway | bar | measured | |\n|---|--:|--:|---|")?;
        let cpu = gateway.cpu.as_secs_f64() / nginx.cpu.as_secs_f64();
        let of_nginx = gateway.per_second / nginx.per_second;
        let of_jwt = gateway.per_second / jwt.per_second;
        bar(f, "CPU of a request, times nginx's", "at most", CPU_OF_NGINX, cpu, "")?;
        bar(f, "requests/s, times nginx's", "at least", THROUGHPUT_OF_NGINX, of_nginx, "")?;
        bar(
            f,
            "requests/s, times HAProxy's with a JWT",
            "at least",
            THROUGHPUT_OF_HAPROXY_JWT,
            of_jwt,
            "",
        )?;
        if let Some((_, rounds)) = self.steady.iter().find(|(name, _)| name.starts_with("gateway"))
        {
            let (p50, p99) = (median(rounds, |it| it.added_p50), median(rounds, |it| it.added_p99));
            bar(f, "added to p50 at the fixed rate", "at most", ADDED_P50_MS, p50, " ms")?;
            bar(f, "added to p99 at the fixed rate", "at most", ADDED_P99_MS, p99, " ms")?;
        }
        if let Some((addresses, resident)) = self.memory {
            let name = format!("resident after {} addresses", indicatif::HumanCount(addresses));
            let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
            bar(f, &name, "at most", mib(RESIDENT), mib(resident), " MiB")?;
        }
        Ok(())
    }
}

/// Adds a value to the row of this name.
pub fn push<T>(rows: &mut Vec<(&'static str, Vec<T>)>, name: &'static str, value: T) {
    match rows.iter_mut().find(|(known, _)| *known == name) {
        Some((_, values)) => values.push(value),
        None => rows.push((name, vec![value])),
    }
}

/// Returns the median of a figure over rounds.
pub fn median<T, V: PartialOrd + Copy>(rounds: &[T], figure: impl Fn(&T) -> V) -> V {
    let mut values: Vec<V> = rounds.iter().map(figure).collect();
    values.sort_by(|a, b| a.partial_cmp(b).unwrap_or(std::cmp::Ordering::Equal));
    values[values.len() / 2]
}

fn bar(
    f: &mut fmt::Formatter<'_>,
    name: &str,
    bound: &str,
    limit: f64,
    value: f64,
    unit: &str,
) -> fmt::Result {
    let holds = if bound == "at most" { value <= limit } else { value >= limit };
    let verdict = if holds { "met" } else { "missed" };
    writeln!(f, "| {name} | {bound} {limit}{unit} | {value:.2}{unit} | {verdict} |")
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let rounds = self.saturated.first().map_or(0, |(_, rounds)| rounds.len());
        let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
        writeln!(
            f,
            "{} connections, {rounds} rounds of {} s, medians; load average {}\n",
            self.connections,
            self.seconds,
            load.split(' ').next().unwrap_or_default()
        )?;
        writeln!(
            f,
            "| proxy on one core | requests/s | CPU µs a request | p50 ms | p99 ms | MiB |"
        )?;
        writeln!(f, "|---|--:|--:|--:|--:|--:|")?;
        for (name, _) in &self.saturated {
            let Some(it) = self.medians(name) else { continue };
            writeln!(
                f,
                "| {name} | {} | {:.1} | {:.2} | {:.2} | {:.1} |",
                indicatif::HumanCount(it.per_second as u64),
                it.cpu.as_secs_f64() * 1e6,
                it.p50.as_secs_f64() * 1e3,
                it.p99.as_secs_f64() * 1e3,
                it.resident as f64 / f64::from(1 << 20),
            )?;
        }
        if !self.steady.is_empty() {
            let rate = self.rate;
            writeln!(f, "\n| {rate} requests/s | p50 ms | p99 ms | added to p50 | added to p99 |")?;
            writeln!(f, "|---|--:|--:|--:|--:|")?;
        }
        for (name, rounds) in &self.steady {
            let [p50, p99, added_p50, added_p99] = [
                median(rounds, |it| it.p50),
                median(rounds, |it| it.p99),
                median(rounds, |it| it.added_p50),
                median(rounds, |it| it.added_p99),
            ];
            writeln!(f, "| {name} | {p50:.2} | {p99:.2} | {added_p50:.2} | {added_p99:.2} |")?;
        }
        self.write_bars(f)
    }
}
