//! The report of what each accident did to reads and writes.

use std::{fmt::Write, time::Duration};

use promptforge::fleet::Process;

use super::samples::{Sample, Window, p99};
use crate::drill::report::Report;

/// The most by which reads of other services may become slower.
const SLOWER: f64 = 1.5;

/// The name of the time before any accident.
pub const CALM: &str = "none";

/// Returns a table of all times, and reports what must hold of them.
pub fn report(
    windows: &[Window],
    samples: &[Sample],
    with_times: bool,
    report: &mut Report,
) -> String {
    let mut table = String::from(
        "| accident | seconds | reads | failed | writes | failed | p99 of others before | meanwhile | ratio |\n\
         |---|--:|--:|--:|--:|--:|--:|--:|--:|\n",
    );
    let calm = windows.iter().find(|window| window.name == CALM);
    for window in windows {
        let of_window = |it: &&Sample| window.contains(it);
        let (writes, reads): (Vec<&Sample>, Vec<&Sample>) =
            samples.iter().filter(of_window).partition(|it| it.route.is_write);
        let failed = |of: &[&Sample]| of.iter().filter(|it| it.failure.is_some()).count();
        // A request that was under way when the next accident began may have failed because of that.
        let is_excused = |it: &Sample, services: fn(&Window) -> &[Process]| {
            let meanwhile = windows.iter().filter(|window| window.contains(it));
            meanwhile.flat_map(services).any(|service| *service == it.route.service)
        };
        let is_absent = |it: &Sample| is_excused(it, |window| window.absent);
        let is_affected = |it: &Sample| is_excused(it, |window| window.affected);
        expect_no_failure("read", window, &reads, is_absent, report);
        expect_no_failure("write", window, &writes, is_affected, report);
        report.expect(format!("there were reads: {}", window.name), true, !reads.is_empty());
        let others = |of: &Window| {
            let reads = samples.iter().filter(|it| of.contains(it) && !it.route.is_write);
            let spared = reads.filter(|it| !window.affected.contains(&it.route.service));
            p99(spared.map(|it| it.took).collect())
        };
        let (before, meanwhile) = (calm.and_then(others), others(window));
        let ratio = before.zip(meanwhile).map(|(before, now)| now.div_duration_f64(before));
        if let Some(ratio) = ratio.filter(|_| with_times) {
            let what =
                format!("reads of others are at most {SLOWER} times slower: {}", window.name);
            report.expect(what, true, ratio <= SLOWER);
        }
        let seconds = (window.to - window.from).as_secs_f32();
        let time = |time: Option<Duration>| {
            time.map_or("-".to_owned(), |it| format!("{:.1} ms", it.as_secs_f64() * 1e3))
        };
        let ratio = ratio.map_or("-".to_owned(), |ratio| format!("{ratio:.2}"));
        let _ = writeln!(
            table,
            "| {} | {seconds:.1} | {} | {} | {} | {} | {} | {} | {ratio} |",
            window.name,
            reads.len(),
            failed(&reads),
            writes.len(),
            failed(&writes),
            time(before),
            time(meanwhile),
        );
    }
    table
}

/// Reports the requests that failed, unless they are excused.
fn expect_no_failure(
    kind: &str,
    window: &Window,
    requests: &[&Sample],
    is_excused: impl Fn(&Sample) -> bool,
    report: &mut Report,
) {
    let failures = requests.iter().filter(|it| it.failure.is_some() && !is_excused(it));
    let failures: Vec<&&Sample> = failures.collect();
    for failed in failures.iter().take(3) {
        let what = format!("{}: a {kind} of {}", window.name, failed.route.service.name());
        report.note(what, failed.failure.as_deref().unwrap_or_default());
    }
    report.expect(format!("failed {kind}s: {}", window.name), 0, failures.len());
}

#[cfg(test)]
mod tests {
    use tokio::time::Instant;

    use super::*;
    use crate::drill::gateway::samples::Route;

    fn report_of(
        failures: &[(Process, bool)],
        affected: &'static [Process],
        absent: &'static [Process],
    ) -> Report {
        let now = Instant::now();
        let window =
            Window { name: CALM, from: now, to: now + Duration::from_secs(1), affected, absent };
        let samples = failures.iter().map(|(service, is_write)| Sample {
            route: Route { service: *service, is_write: *is_write },
            sent: now,
            took: Duration::from_millis(1),
            failure: Some("503".to_owned()),
        });
        let served = Sample {
            route: Route { service: Process::Prompt, is_write: false },
            sent: now,
            took: Duration::from_millis(1),
            failure: None,
        };
        let samples: Vec<Sample> = samples.chain([served]).collect();
        let mut report_of_it = Report::default();
        report(&[window], &samples, true, &mut report_of_it);
        report_of_it
    }

    #[test]
    fn a_read_may_only_fail_while_its_service_has_no_instance() {
        let read = &[(Process::User, false)];
        assert!(report_of(&[], &[], &[]).passed());
        assert!(!report_of(read, &[Process::User], &[]).passed());
        assert!(report_of(read, &[Process::User], &[Process::User]).passed());
    }

    #[test]
    fn a_read_may_fail_that_was_under_way_when_its_service_lost_its_instances() {
        let (now, second) = (Instant::now(), Duration::from_secs(1));
        let window = |name, from, absent| {
            let (to, affected) = (from + second, absent);
            Window { name, from, to, affected, absent }
        };
        let windows = [window(CALM, now, &[]), window("away", now + second, &[Process::User])];
        let passes = |service, took| {
            let route = Route { service, is_write: false };
            let sample = |took, failure| Sample { route, sent: now, took, failure };
            let samples = [sample(2 * second, None), sample(took, Some("502".to_owned()))];
            let mut report_of_it = Report::default();
            report(&windows, &samples, false, &mut report_of_it);
            report_of_it.passed()
        };
        assert!(passes(Process::User, 2 * second));
        assert!(!passes(Process::User, second / 2));
        assert!(!passes(Process::Prompt, 2 * second));
    }

    #[test]
    fn a_write_may_only_fail_where_something_happens_to_its_service() {
        let write = &[(Process::Prompt, true)];
        assert!(!report_of(write, &[Process::User], &[Process::User]).passed());
        assert!(report_of(write, &[Process::Prompt], &[]).passed());
    }
}
