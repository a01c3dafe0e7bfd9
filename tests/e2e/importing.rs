//! `promptforge import`.

use std::fs;

use tokio::process::Command;

use crate::{
    fleet::{Fleet, PROGRAM},
    people::stats_where,
};

const FILE: &str = "act,prompt,for_devs,type,contributor\n\
    Linux Terminal,\"I want you to act as a linux terminal.\nMy first command is pwd\",TRUE,TEXT,f\n\
    Übersetzer 🇩🇪,\"Übersetze \"\"${Text}\"\" ins ${Sprache:Deutsche}.\",FALSE,TEXT,\"ada,eve\"\n\
    No,Far too short a title for this one.,FALSE,TEXT,f\n\
    Linux Terminal,\"I want you to act as a linux terminal.\nMy first command is pwd\",TRUE,TEXT,f\n";

/// Imports the file and returns the output, in lower case with single spaces.
async fn import(fleet: &Fleet) -> String {
    let file = fleet.directory().join("prompts.csv");
    fs::write(&file, FILE).unwrap();
    let output = Command::new(PROGRAM)
        .arg("import")
        .arg(&file)
        .args(["--gateway", &fleet.url(), "--password", "correct horse battery"])
        .current_dir(fleet.directory())
        .output()
        .await
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap().to_lowercase();
    said.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[tokio::test(flavor = "multi_thread")]
async fn importing_a_file_twice_brings_each_prompt_in_once() {
    let fleet = Fleet::start().await;
    let first = import(&fleet).await;
    for line in ["imported 2", "skipped 1", "refused 1"] {
        assert!(first.contains(line), "{line} in {first}");
    }
    let second = import(&fleet).await;
    for line in ["imported 0", "skipped 3", "refused 1"] {
        assert!(second.contains(line), "{line} in {second}");
    }
    let page = fleet.client().get("/prompts/public?sortBy=title&sortDir=desc").await.expect(200);
    assert_eq!(page["totalElements"], 2);
    assert_eq!(page["content"][0]["title"], "Übersetzer 🇩🇪");
    assert_eq!(page["content"][0]["variables"], serde_json::json!(["Text", "Sprache"]));
    assert_eq!(page["content"][1]["username"], "importer");
    let stats = stats_where(&fleet, "both prompts counted", |stats| {
        stats["promptsCreatedLast24h"].as_i64() >= Some(2)
    })
    .await;
    assert_eq!(stats["promptsCreatedLast24h"], 2);
}
