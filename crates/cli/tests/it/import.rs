mod fake_gateway;

use std::{fs, os::unix::fs::PermissionsExt, path::Path, process::Output};

use serde_json::json;
use tempfile::{TempDir, tempdir};

use crate::support::{promptforge, stderr, stdout};
use fake_gateway::{FakeGateway, Fault};

const SAMPLE: &str = "act,prompt,for_devs,type,contributor\n\
    Pirate 🏴,\"Say \"\"arr\"\",\nthen ask for ${Name:Jim}.\",TRUE,TEXT,\"ann, bob\"\n\
    Sailor,\"Sing about ${Ship}, please.\",FALSE,TEXT,ann\n\
    Short,Too short,FALSE,TEXT,ann\n\
    Sailor,\"Sing about ${Ship}, please.\",FALSE,TEXT,ann\n\
    Cook,\"Cook for a crew of ten.\",FALSE,IMAGE,\n";

struct Fixture {
    dir: TempDir,
    gateway: FakeGateway,
}

async fn start() -> Fixture {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("sample.csv"), SAMPLE).unwrap();
    Fixture { dir, gateway: FakeGateway::start().await }
}

impl Fixture {
    async fn import(&self, more: &[&str]) -> Output {
        import(self.dir.path(), &self.gateway.url, more).await
    }
}

async fn import(dir: &Path, gateway: &str, more: &[&str]) -> Output {
    promptforge(["import"])
        .arg(dir.join("sample.csv"))
        .arg("--state-dir")
        .arg(dir)
        .args(["--gateway", gateway])
        .args(more)
        .output()
        .await
        .unwrap()
}

#[tokio::test]
async fn rows_become_prompts_and_refused_ones_are_named_with_the_reason() {
    let fixture = start().await;
    let output = fixture.import(&["--category", "Ships", "--jobs", "1"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(
        stdout(&output),
        "imported 3\n\
         skipped  1 (already there)\n\
         refused  1\n  \
         1 × content: length is lower than 10\n    \
         line 5: Short\n"
    );
    let prompts = fixture.gateway.prompts();
    assert_eq!(
        prompts[0],
        json!({
            "title": "Pirate 🏴",
            "content": "Say \"arr\",\nthen ask for {{Name:Jim}}.",
            "category": "Ships",
            "tags": ["TEXT", "ann", "bob"],
            "isPublic": true,
            "id": "0",
        })
    );
    assert_eq!(prompts[1]["content"], "Sing about {{Ship}}, please.");
}

#[tokio::test]
async fn what_is_renamed_or_escaped_is_said() {
    let fixture = start().await;
    let text = "act;prompt\nPoet;Sing of ${Poet's home:the sea}.\nJSX;Explain {{mustaches}} and <p style={{ a: 1 }}>.\n";
    fs::write(fixture.dir.path().join("sample.csv"), text).unwrap();
    let output = fixture.import(&["--jobs", "1"]).await;
    assert_eq!(
        stdout(&output),
        "imported 2\n\
         skipped  0 (already there)\n\
         refused  0\n\
         renamed  1 (a placeholder's name has letters, digits, _, -, . and spaces)\n  \
         line 2: Poet: ${Poet's home} is {{Poets home}}\n\
         escaped  1 (text in this file, which marks placeholders with ${…})\n  \
         line 3: JSX: {{mustaches}}\n"
    );
    let prompts = fixture.gateway.prompts();
    assert_eq!(prompts[0]["content"], "Sing of {{Poets home:the sea}}.");
    assert_eq!(prompts[1]["content"], "Explain \\{{mustaches}} and <p style={{ a: 1 }}>.");

    let output = fixture.import(&["--placeholders", "double-braces", "--jobs", "1"]).await;
    assert!(stdout(&output).starts_with("imported 2\n"), "{}", stdout(&output));
    assert_eq!(fixture.gateway.prompts()[2]["content"], "Sing of ${Poet's home:the sea}.");
}

#[tokio::test]
async fn a_file_that_is_not_csv_in_utf_8_is_refused_by_name() {
    let dir = tempdir().unwrap();
    let file = include_bytes!("../../../csv-table/tests/fixtures/cities-utf-16.csv");
    fs::write(dir.path().join("sample.csv"), file).unwrap();
    let output = import(dir.path(), "http://127.0.0.1:9", &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("line 1: is UTF-16"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_second_run_imports_nothing_whatever_page_it_is_on() {
    let fixture = start().await;
    fixture.import(&[]).await;
    let output = fixture.import(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("imported 0\nskipped  4"), "{}", stdout(&output));
    assert_eq!(fixture.gateway.prompts().len(), 3);
}

#[tokio::test]
async fn private_ones_are_private() {
    let fixture = start().await;
    fixture.import(&["--private"]).await;
    assert!(fixture.gateway.prompts().iter().all(|prompt| prompt["isPublic"] == false));
}

#[tokio::test]
async fn a_password_is_made_once_and_kept_for_its_owner_only() {
    let fixture = start().await;
    fixture.import(&[]).await;
    let file = fixture.dir.path().join("importer.json");
    let kept = fs::read_to_string(&file).unwrap();
    assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    fixture.import(&[]).await;
    assert_eq!(fs::read_to_string(&file).unwrap(), kept);
    assert!(kept.contains(&fixture.gateway.password_of("importer").unwrap()));
}

#[tokio::test]
async fn another_password_than_the_users_is_said_clearly() {
    let fixture = start().await;
    fixture.import(&["--password", "the right one"]).await;
    let output = fixture.import(&["--password", "a wrong one"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("another password"), "{}", stderr(&output));
    assert!(!stderr(&output).contains("a wrong one"));
}

#[tokio::test]
async fn a_session_that_expires_midway_is_begun_anew() {
    let fixture = start().await;
    fixture.gateway.inject([Fault::None, Fault::ExpireSessions]);
    let output = fixture.import(&["--jobs", "4"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("imported 3\n"), "{}", stdout(&output));
}

#[tokio::test]
async fn asked_to_come_back_later_it_does() {
    let fixture = start().await;
    fixture.gateway.inject([Fault::Answer(503, Some(0)), Fault::Answer(429, Some(0))]);
    let output = fixture.import(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("imported 3\n"), "{}", stdout(&output));
}

#[tokio::test]
async fn a_rate_limit_makes_it_slower_and_does_not_stop_it() {
    let fixture = start().await;
    fixture.gateway.inject([Fault::Answer(429, Some(0)); 20]);
    let output = fixture.import(&["--jobs", "1"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("imported 3\n"), "{}", stdout(&output));
}

#[tokio::test]
async fn one_internal_error_does_not_stop_the_others_but_is_a_failure() {
    let fixture = start().await;
    fixture.gateway.inject([Fault::Answer(500, None)]);
    let output = fixture.import(&["--jobs", "1"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("imported 2\n"), "{}", stdout(&output));
    assert!(stdout(&output).contains("failed   1"), "{}", stdout(&output));
    assert!(stdout(&output).contains("line 2: Pirate"), "{}", stdout(&output));
}

#[tokio::test]
async fn when_it_is_not_known_whether_a_prompt_was_made_it_is_not_made_twice() {
    let fixture = start().await;
    fixture.gateway.inject([Fault::CreateThenAnswer(504)]);
    let output = fixture.import(&["--jobs", "1"]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("run it again"), "{}", stderr(&output));
    let output = fixture.import(&[]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(fixture.gateway.prompts().len(), 3);
}

#[tokio::test]
async fn one_made_although_the_answer_was_to_come_back_later_is_not_made_twice() {
    let fixture = start().await;
    fixture.gateway.inject([Fault::CreateThenAnswer(503)]);
    let output = fixture.import(&["--jobs", "1"]).await;
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert!(stdout(&output).starts_with("imported 3\n"), "{}", stdout(&output));
    assert_eq!(fixture.gateway.prompts().len(), 3);
}

#[tokio::test]
async fn a_file_without_the_columns_is_refused_before_anything_is_asked() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("sample.csv"), "title,text\na,b\n").unwrap();
    let output = import(dir.path(), "http://127.0.0.1:9", &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("act, prompt"), "{}", stderr(&output));
}

#[tokio::test]
async fn a_gateway_that_is_away_is_named() {
    let dir = tempdir().unwrap();
    fs::write(dir.path().join("sample.csv"), SAMPLE).unwrap();
    // The discard port: nothing listens there.
    let output = import(dir.path(), "http://127.0.0.1:9", &[]).await;
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no answer from http://127.0.0.1:9/"), "{}", stderr(&output));
}
