use crate::support::{promptforge_dev, stderr, stdout};

/// The state directory of this checkout, in which `up` puts the jars of Apache Kafka.
const STATE_DIR: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.promptforge");

/// What the program says where Apache Kafka cannot run.
const MISSING: [&str; 3] = ["no Apache Kafka in ", "no Java here", "and Kafka needs "];

#[tokio::test]
async fn each_event_counts_once_whatever_happens_and_garbage_becomes_dead_letters_to_the_byte() {
    let drill = ["drill", "events", "--short", "--state-dir", STATE_DIR];
    let output = promptforge_dev(drill).output().await.unwrap();
    let said = stderr(&output).lines().last().unwrap_or_default();
    if MISSING.iter().any(|reason| said.contains(reason)) {
        eprintln!("skipped: {said}");
        return;
    }
    let report = format!("{}{}", stderr(&output), stdout(&output));
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(stdout(&output).trim_end().ends_with("all is well"), "{report}");
}
