//! Tests of jobs: repeated, failing, panicking, and stopped.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
    time::Duration,
};

use tokio::{
    sync::Notify,
    time::{Instant, sleep, timeout},
};

use super::*;

const SECOND: Duration = Duration::from_secs(1);
const PERIOD: Duration = Duration::from_secs(60);

/// Counts rounds.
#[derive(Clone, Default)]
struct Rounds(Arc<AtomicU32>);

impl Rounds {
    fn next(&self) -> u32 {
        self.0.fetch_add(1, Ordering::Relaxed) + 1
    }

    fn get(&self) -> u32 {
        self.0.load(Ordering::Relaxed)
    }
}

/// A job that runs, and what stops it.
struct Run {
    running: Running,
    stop: CancellationToken,
    failed: CancellationToken,
}

fn start(job: Job) -> Run {
    http_kit::telemetry::metrics();
    let (stop, failed) = (CancellationToken::new(), CancellationToken::new());
    Run { running: Running::start(vec![job], &stop, &failed), stop, failed }
}

impl Run {
    /// Stops the job, and returns how long it took to end, and with what.
    async fn stop(self) -> (Duration, anyhow::Result<()>) {
        self.stop.cancel();
        let started = Instant::now();
        let result = self.running.wait().await;
        (started.elapsed(), result)
    }
}

fn counted(job: &str, outcome: &str) -> String {
    let metrics = http_kit::telemetry::metrics().render();
    let labels = format!("job_runs_total{{job=\"{job}\",outcome=\"{outcome}\"}} ");
    let line = metrics.lines().find_map(|line| line.strip_prefix(&labels));
    line.unwrap_or_default().to_owned()
}

async fn fails_but_every_third(rounds: Rounds) -> anyhow::Result<()> {
    match rounds.next() % 3 {
        1 => panic!("the first"),
        2 => anyhow::bail!("the second"),
        _ => Ok(()),
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_or_a_panic_is_counted_and_the_next_round_comes() {
    let rounds = Rounds::default();
    let job = Job::every("faulty", PERIOD, rounds.clone(), fails_but_every_third);
    let run = start(job.pause_after_error(SECOND));
    sleep(Duration::from_millis(2500)).await;
    assert_eq!(rounds.get(), 3);
    sleep(PERIOD + SECOND).await;
    assert_eq!(rounds.get(), 5);
    run.stop().await.1.unwrap();
    assert_eq!(["ok", "error", "panic"].map(|outcome| counted("faulty", outcome)), ["1", "2", "2"]);
}

#[tokio::test(start_paused = true)]
async fn a_panic_before_the_first_await_is_caught() {
    let rounds = Rounds::default();
    let job = Job::every("hasty", PERIOD, rounds.clone(), |rounds: Rounds| {
        rounds.next();
        if rounds.get() == 1 {
            panic!("at once");
        }
        async { anyhow::Ok(()) }
    });
    let run = start(job);
    sleep(PERIOD + SECOND).await;
    assert_eq!(rounds.get(), 2);
    run.stop().await.1.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_notification_starts_the_next_round_at_once() {
    let (rounds, wake) = (Rounds::default(), Arc::new(Notify::new()));
    let job = Job::every("woken", PERIOD, rounds.clone(), async |rounds: Rounds| {
        rounds.next();
        anyhow::Ok(())
    });
    let run = start(job.woken_by(wake.clone()));
    sleep(SECOND).await;
    assert_eq!(rounds.get(), 1);
    wake.notify_one();
    sleep(Duration::from_millis(1)).await;
    assert_eq!(rounds.get(), 2);
    run.stop().await.1.unwrap();
}

#[tokio::test(start_paused = true)]
async fn rounds_follow_at_once_for_as_long_as_there_is_more() {
    let rounds = Rounds::default();
    let job = Job::every("busy", PERIOD, rounds.clone(), async |rounds: Rounds| {
        anyhow::Ok(Next::at_once_if(rounds.next() < 5))
    });
    let run = start(job);
    sleep(Duration::from_millis(1)).await;
    assert_eq!(rounds.get(), 5);
    run.stop().await.1.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_to_be_done_once_is_tried_until_it_is_with_growing_pauses() {
    let rounds = Rounds::default();
    let job = Job::once("tried", rounds.clone(), async |rounds: Rounds| {
        anyhow::ensure!(rounds.next() == 6, "not yet");
        Ok(())
    });
    let started = Instant::now();
    let run = start(job.pause_after_error(SECOND).backing_off_to(4 * SECOND));
    run.running.wait().await.unwrap();
    assert_eq!(started.elapsed(), (1 + 2 + 4 + 4 + 4) * SECOND);
    assert_eq!(rounds.get(), 6);
}

async fn slow(rounds: Rounds) -> anyhow::Result<()> {
    sleep(3 * SECOND).await;
    rounds.next();
    Ok(())
}

#[tokio::test(start_paused = true)]
async fn the_round_under_way_is_waited_for_at_shutdown() {
    let rounds = Rounds::default();
    let run = start(Job::every("slow", PERIOD, rounds.clone(), slow));
    sleep(SECOND).await;
    let (took, result) = run.stop().await;
    result.unwrap();
    assert_eq!((took, rounds.get()), (2 * SECOND, 1));
}

#[tokio::test(start_paused = true)]
async fn the_round_under_way_is_not_waited_for_longer_than_its_limit() {
    let rounds = Rounds::default();
    let run = start(Job::every("too_slow", PERIOD, rounds.clone(), slow).finishes_within(SECOND));
    sleep(SECOND).await;
    let (took, result) = run.stop().await;
    result.unwrap();
    assert_eq!((took, rounds.get()), (SECOND, 0));
}

#[tokio::test(start_paused = true)]
async fn a_job_that_runs_until_all_is_drained_does_a_last_round() {
    let rounds = Rounds::default();
    let job = Job::every("last", PERIOD, rounds.clone(), async |rounds: Rounds| {
        rounds.next();
        anyhow::Ok(())
    });
    let run = start(job.until_drained());
    sleep(SECOND).await;
    assert_eq!(rounds.get(), 1);
    run.stop().await.1.unwrap();
    assert_eq!(rounds.get(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_long_running_job_ends_the_process_by_its_error() {
    let run = start(Job::long_running("fatal", (), async |(), _| anyhow::bail!("no more")));
    timeout(SECOND, run.failed.cancelled()).await.unwrap();
    let error = run.running.wait().await.unwrap_err();
    assert_eq!(format!("{error:#}"), "fatal: no more");
    assert_eq!(counted("fatal", "error"), "1");
}

#[tokio::test(start_paused = true)]
async fn a_long_running_job_that_may_fail_is_started_again() {
    let rounds = Rounds::default();
    let job = Job::long_running("restarted", rounds.clone(), async |rounds: Rounds, stop| {
        match rounds.next() {
            1 => anyhow::bail!("no luck"),
            _ => {
                stop.cancelled().await;
                Ok(())
            }
        }
    });
    let run = start(job.restarted_after(SECOND));
    sleep(2 * SECOND).await;
    assert_eq!(rounds.get(), 2);
    assert!(!run.failed.is_cancelled());
    run.stop().await.1.unwrap();
}
