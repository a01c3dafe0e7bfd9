use crate::support::{promptforge_dev, stderr, stdout};

#[tokio::test]
async fn killing_the_relay_loses_no_event_and_keeps_the_order_per_key() {
    let drill = ["drill", "relay", "--kills", "3", "--rate", "300"];
    let output = promptforge_dev(drill).output().await.unwrap();
    let report = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("       0  lost"), "{report}");
    assert!(stdout(&output).trim_end().ends_with("all is well"), "{report}");
}

#[tokio::test]
async fn no_read_fails_while_instances_restart_hang_and_move_and_gateways_take_over() {
    let output = promptforge_dev(["drill", "gateway", "--short"]).output().await.unwrap();
    let report = format!("{}{}", stdout(&output), stderr(&output));
    assert_eq!(output.status.code(), Some(0), "{report}");
    assert!(report.contains("| failed reads: one of two prompt instances hangs | 0 | 0 | ok |"));
    assert!(stdout(&output).trim_end().ends_with("all is well"), "{report}");
}
