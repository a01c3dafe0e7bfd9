use std::fs;

use tempfile::tempdir;

use crate::{databases::Databases, support::stderr};

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
    for name in ["one prompt", "by cursor, deep, by title", "search, a common word", "comments"] {
        let cells = row(name);
        assert_eq!(cells.get(2), Some(&"4"), "{name} in {report}");
        let median: f64 = cells[4].parse().unwrap();
        assert!(median > 0.0, "{name} in {report}");
    }
    assert_eq!(report.matches("\n### ").count(), 10, "{report}");
    assert!(report.contains("actual time="), "{report}");
    assert!(report.contains("Buffers: shared hit="), "{report}");
}
