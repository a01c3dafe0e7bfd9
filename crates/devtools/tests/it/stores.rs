//! `stores`: a command with stores of its own, or with those that are given.

use crate::support::{promptforge_dev, stderr, stdout};

#[tokio::test]
async fn given_stores_are_passed_on_and_the_commands_exit_code_is_ours() {
    let script = r#"echo "$DATABASE_URL $MONGODB_URI"; exit 7"#;
    let output = promptforge_dev(["stores", "--", "sh", "-c", script])
        .env("DATABASE_URL", "postgres://given/postgres")
        .env("MONGODB_URI", "mongodb://given")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(7), "{}", stderr(&output));
    assert_eq!(stdout(&output), "postgres://given/postgres mongodb://given\n");
}

#[tokio::test]
async fn a_command_ended_by_a_signal_is_reported_as_shells_do() {
    let output = promptforge_dev(["stores", "--", "sh", "-c", "kill -KILL $$"])
        .env("DATABASE_URL", "postgres://given/postgres")
        .env("MONGODB_URI", "mongodb://given")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(137), "{}", stderr(&output));
}

#[tokio::test]
async fn a_missing_command_is_named() {
    let output = promptforge_dev(["stores", "--", "no-such-command"])
        .env("DATABASE_URL", "postgres://given/postgres")
        .env("MONGODB_URI", "mongodb://given")
        .output()
        .await
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no-such-command"), "{}", stderr(&output));
}

#[tokio::test]
async fn an_apache_kafka_is_there_for_the_command_when_asked_for() {
    let state_dir = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.promptforge");
    let script = "exec 3<>/dev/tcp/${TEST_KAFKA_BROKERS/://} && echo connected";
    let output = promptforge_dev(["stores", "--kafka", "apache", "--state-dir", state_dir])
        .args(["--", "bash", "-c", script])
        .env("DATABASE_URL", "postgres://given/postgres")
        .env("MONGODB_URI", "mongodb://given")
        .env_remove("TEST_KAFKA_BROKERS")
        .output()
        .await
        .unwrap();
    let said = stderr(&output);
    if ["no Apache Kafka in", "no Java here", "and Kafka needs"]
        .iter()
        .any(|why| said.contains(why))
    {
        eprintln!("skipped: {said}");
        return;
    }
    assert_eq!(stdout(&output), "connected\n", "{said}");
}
