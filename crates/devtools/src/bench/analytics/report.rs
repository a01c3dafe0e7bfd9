//! The result of a measurement, as Markdown.

use std::{fmt, time::Duration};

/// The longest allowed 95th percentile of a call.
const ALLOWED_P95: Duration = Duration::from_millis(20);

/// The largest allowed ratio of the times with the most and with the fewest views, at p50 and at p95.
const ALLOWED_RATIO: f64 = 1.5;

/// The times of one kind of request in each database.
pub struct Measurement {
    pub name: &'static str,
    /// The times by database, in the order of the databases; each list is sorted.
    pub times: Vec<Vec<Duration>>,
}

/// The times of all calls.
pub struct Report {
    /// The number of views of each database, fewest first.
    pub views: Vec<u64>,
    pub measurements: Vec<Measurement>,
}

impl Measurement {
    fn percentile(&self, database: usize, percent: usize) -> Duration {
        let times = &self.times[database];
        let rank = (times.len() * percent).div_ceil(100).max(1);
        times.get(rank - 1).copied().unwrap_or_default()
    }

    /// Returns the ratio of a percentile with the most views to that with the fewest.
    fn ratio(&self, percent: usize) -> f64 {
        let last = self.times.len() - 1;
        let fewest = self.percentile(0, percent).as_secs_f64();
        self.percentile(last, percent).as_secs_f64() / fewest.max(f64::MIN_POSITIVE)
    }

    fn is_quick(&self) -> bool {
        (0..self.times.len()).all(|database| self.percentile(database, 95) < ALLOWED_P95)
    }
}

impl Report {
    /// Returns the kinds of requests that take too long, or longer with more views.
    pub fn failures(&self) -> Vec<String> {
        let slow = |measurement: &&Measurement| {
            let grows = [50, 95].iter().any(|percent| measurement.ratio(*percent) > ALLOWED_RATIO);
            grows || !measurement.is_quick()
        };
        self.measurements
            .iter()
            .filter(slow)
            .map(|measurement| measurement.name.to_owned())
            .collect()
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "| ms | ")?;
        for views in &self.views {
            let views = indicatif::HumanCount(*views);
            write!(f, "{views} views: p50 | p95 | p99 | ")?;
        }
        writeln!(f, "ratio of p50 | of p95 |")?;
        writeln!(f, "|---|{}--:|--:|", "--:|--:|--:|".repeat(self.views.len()))?;
        for measurement in &self.measurements {
            write!(f, "| {} | ", measurement.name)?;
            for database in 0..self.views.len() {
                for percent in [50, 95, 99] {
                    let time = measurement.percentile(database, percent);
                    write!(f, "{:.2} | ", time.as_secs_f64() * 1000.0)?;
                }
            }
            writeln!(f, "{:.2} | {:.2} |", measurement.ratio(50), measurement.ratio(95))?;
        }
        let failures = self.failures();
        let allowed = format!("{ALLOWED_P95:?} at p95, and {ALLOWED_RATIO} times as long");
        match failures.is_empty() {
            true => write!(f, "\nAll within what is allowed: {allowed}."),
            false => write!(f, "\nBeyond what is allowed ({allowed}): {}.", failures.join("; ")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_call_that_is_slow_or_grows_with_the_data_fails() {
        let millis = |time| vec![Duration::from_millis(time); 20];
        let measurement =
            |name, few, many| Measurement { name, times: vec![millis(few), millis(many)] };
        let report = Report {
            views: vec![5_000_000, 50_000_000],
            measurements: vec![
                measurement("good", 10, 14),
                measurement("slow", 20, 20),
                measurement("grows", 2, 4),
                Measurement {
                    name: "grows at times",
                    times: vec![millis(2), [&millis(2)[..18], &millis(4)[..2]].concat()],
                },
            ],
        };
        assert_eq!(report.failures(), ["slow", "grows", "grows at times"]);
        assert!(report.to_string().contains("| grows | 2.00 | 2.00 | 2.00 | 4.00 |"), "{report}");
    }
}
