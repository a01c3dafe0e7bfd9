//! Benchmarks, run small: their reports have every row.

use std::{fs, os::unix::fs::PermissionsExt};

use local_broker::LocalBroker;
use tempfile::tempdir;

use crate::{
    databases::Databases,
    support::{promptforge_dev, stderr, stdout},
};

#[tokio::test]
async fn the_database_time_of_the_hot_queries_is_reported_with_their_plans() {
    let databases = Databases::new();
    let seed = ["seed", "--prompts", "600", "--users", "100", "--without-versions"];
    let output = databases.promptforge_dev(&seed).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    let dir = tempdir().unwrap();
    let file = dir.path().join("report.md");
    let bench = ["bench", "queries", "--samples", "4", "--warm-up", "1"];
    let output =
        databases.promptforge_dev(&bench).arg("--output").arg(&file).output().await.unwrap();
    let report = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(output.status.code(), Some(0), "{}\n{report}", stderr(&output));

    let row = |name: &str| -> Vec<&str> {
        let line = report.lines().find(|line| line.starts_with(&format!("| {name} |")));
        line.unwrap_or_default().split('|').map(str::trim).collect()
    };
    for name in ["one prompt", "by cursor, deep, by title", "pages of a tag", "comments"] {
        let cells = row(name);
        assert_eq!(cells.get(2), Some(&"4"), "{name} in {report}");
        let median: f64 = cells[4].parse().unwrap();
        assert!(median > 0.0, "{name} in {report}");
    }
    assert_eq!(report.matches("\n### ").count(), 10, "{report}");
    assert!(report.contains("actual time="), "{report}");
    assert!(report.contains("Buffers: shared hit="), "{report}");
}

/// Returns a directory that the account of Postgres can enter.
fn open_dir() -> tempfile::TempDir {
    tempfile::Builder::new().permissions(fs::Permissions::from_mode(0o711)).tempdir().unwrap()
}

#[tokio::test]
async fn the_pipeline_of_events_is_measured_from_the_broker_to_the_rollups() {
    let broker = LocalBroker::start().unwrap();
    let dir = open_dir();
    let output = promptforge_dev(["bench", "events", "--brokers", broker.address()])
        .args("--backlog 3000 --rate 200 --seconds 2 --unnest --statements --dir".split(' '))
        .arg(dir.path())
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let report = stdout(&output);
    for row in ["| produced | 3,000 |", "| applied, from the first | 3,000 |", "| steady | 400 |"] {
        assert!(report.contains(row), "{report}");
    }
    assert!(report.contains("400 events at 200 a second, age when applied: p50 "), "{report}");
    assert!(report.contains("`UNNEST` alone, 5000 a batch, connections: 2"), "{report}");
    assert!(report.contains("µs an event"), "{report}");
}

#[tokio::test]
async fn each_call_of_analytics_is_measured_with_few_and_with_many_views() {
    let broker = LocalBroker::start().unwrap();
    let dir = open_dir();
    let output = promptforge_dev(["bench", "analytics", "--brokers", broker.address()])
        .args("--views 2000,4000 --prompts 100 --accounts 200 --samples 3 --warm-up 1".split(' '))
        .arg("--dir")
        .arg(dir.path())
        .output()
        .await
        .unwrap();
    let report = stdout(&output);
    // A busy machine may make it too slow.
    assert!(matches!(output.status.code(), Some(0 | 1)), "{}", stderr(&output));
    for name in [
        "stats",
        "trending",
        "timeseries by hour, 1 to 60 days",
        "a prompt, 30 days",
        "an author, 30 days",
        "live, to the first event",
        "pipeline",
        "a dead letter's replay",
    ] {
        assert!(
            report.contains(&format!("| {name} | ")),
            "{name} in {report}\n{}",
            stderr(&output)
        );
    }
}
