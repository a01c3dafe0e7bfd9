//! Edits, alone and at once.

use std::collections::BTreeSet;

use mongodb::bson::doc;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};

use crate::support::{create, path, private, reviewer, start};

/// Returns the current `ETag` of a prompt.
async fn etag(client: &Client, prompt: &str) -> String {
    client.get(prompt).await.headers["etag"].to_str().unwrap().to_owned()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn fifty_edits_at_once_skip_no_number_and_double_none(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let created = create(&client, reviewer()).await;
    let prompt = path(&created);
    let read = etag(&client, &prompt).await;
    let edits: Vec<_> = (0..50)
        .map(|i| {
            let (client, prompt, read) = (client.clone(), prompt.clone(), read.clone());
            tokio::spawn(async move {
                let title = json!({"title": format!("Title {i}")});
                match i % 5 {
                    0 => client.with_header("if-match", &read).put(&prompt, title).await,
                    1 => client.post(&format!("{prompt}/versions/1/restore"), json!({})).await,
                    2 => client.put(&prompt, json!({"status": "ARCHIVED"})).await,
                    _ => client.put(&prompt, title).await,
                }
            })
        })
        .collect();
    let (mut overtaken, mut titles) = (0, BTreeSet::new());
    for (i, edit) in edits.into_iter().enumerate() {
        let answer = edit.await.unwrap();
        match answer.status.as_u16() {
            412 => overtaken += 1,
            _ => {
                let edited =
                    if answer.status == 201 { answer.expect(201) } else { answer.expect(200) };
                if edited["title"] == format!("Title {i}") {
                    titles.insert((edited["version"].as_i64().unwrap(), format!("Title {i}")));
                }
            }
        }
    }
    // Of ten editors of the same revision, at most one was the first to write.
    assert!((9..=10).contains(&overtaken), "{overtaken}");
    assert_eq!(titles.len(), 30 - overtaken, "every other edit has a version of its own");

    let newest: i32 =
        sqlx::query_scalar("select version from prompts").fetch_one(&pool).await.unwrap();
    let newest = i64::from(newest);
    let page = client.get(&format!("{prompt}/versions?size=100&include=content")).await.expect(200);
    let listed: Vec<&Value> = page["content"].as_array().unwrap().iter().collect();
    let numbers: Vec<_> =
        listed.iter().map(|version| version["version"].as_i64().unwrap()).collect();
    assert_eq!(numbers, (1..=newest).rev().collect::<Vec<_>>());
    let documents = fixture.versions().await;
    assert_eq!(documents.count_documents(doc! {}).await.unwrap(), newest as u64);
    for version in listed {
        let number = &version["version"];
        let one = client.get(&format!("{prompt}/versions/{number}")).await.expect(200);
        assert_eq!(&one, version);
        let shown = client.get(&format!("{prompt}?version={number}")).await.expect(200);
        assert_eq!(shown["title"], version["title"]);
    }
    for (version, title) in titles {
        let one = client.get(&format!("{prompt}/versions/{version}")).await.expect(200);
        assert_eq!(one["title"], title, "each editor was told the version that is theirs");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn of_two_tabs_that_save_at_once_one_is_told_to_read_again(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    for _ in 0..5 {
        let prompt = path(&create(&client, reviewer()).await);
        let tab = client.with_header("if-match", &etag(&client, &prompt).await);
        let (one, other) = tokio::join!(
            tab.put(&prompt, json!({"title": "From one tab"})),
            tab.put(&prompt, json!({"title": "From the other"})),
        );
        let (saved, refused) = if one.status == 200 { (one, other) } else { (other, one) };
        refused.expect_problem(412, "PROMPT_CHANGED");
        let saved = saved.expect(200);
        let now = client.get(&prompt).await.expect(200);
        assert_eq!((&now["title"], &now["version"]), (&saved["title"], &json!(2)));
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn if_match_is_read_as_http_says(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&client, reviewer()).await);
    let save = async |if_match: &str, title: &str| {
        client.with_header("if-match", if_match).put(&prompt, json!({"title": title})).await
    };
    save("\"1\"", "Second").await.expect(200);
    save("\"1\", \"2\"", "Third").await.expect(200);
    save("*", "Fourth").await.expect(200);
    // The comparison is strong.
    save("W/\"4\"", "Nope").await.expect_problem(412, "PROMPT_CHANGED");
    save("\"5\", \"other\"", "Nope").await.expect_problem(412, "PROMPT_CHANGED");
    for malformed in ["4", "\"4", "\"4\" \"5\"", "\"4\", *"] {
        let problem = save(malformed, "Nope").await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["If-Match"], "{malformed}");
    }
    assert_eq!(client.get(&prompt).await.expect(200)["title"], "Fourth");

    let stale = client.with_header("if-match", "\"3\"").delete(&prompt).await;
    stale.expect_problem(412, "PROMPT_CHANGED");
    let stranger = fixture.app.anonymous().forwarded_for(&user("eve"));
    let theirs = stranger.with_header("if-match", "\"3\"").delete(&prompt).await;
    theirs.expect_problem(403, "FORBIDDEN");
    assert_eq!(client.with_header("if-match", "\"4\"").delete(&prompt).await.status, 204);
    client
        .with_header("if-match", "*")
        .delete(&prompt)
        .await
        .expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_edit_of_nothing_changes_nothing(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let created = create(&client, reviewer()).await;
    let prompt = path(&created);
    let same = json!({
        "title": " Code reviewer ", "tags": ["review", " rust ", "review"], "isPublic": true,
        "description": "  ", "model": null, "changeLog": "Nothing, really",
    });
    for nothing in [json!({}), json!({"changeLog": "Nothing"}), json!({"whatever": 1}), same] {
        let answer = client.put(&prompt, nothing).await;
        assert_eq!(answer.headers["etag"], "\"1\"");
        let after = answer.expect(200);
        assert_eq!((&after["version"], &after["updatedAt"]), (&json!(1), &created["updatedAt"]));
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn an_edit_is_held_to_the_rules_of_a_new_prompt(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&client, reviewer()).await);
    let bad = json!({
        "title": "   ", "content": "x".repeat(100_001), "description": "d".repeat(1001),
        "category": "", "tags": (0..11).map(|i| i.to_string()).collect::<Vec<_>>(),
        "model": "m".repeat(101), "changeLog": "c".repeat(501), "status": "GONE",
        "visibility": "SECRET", "isPublic": "yes",
    });
    let problem = client.put(&prompt, bad).await.expect_problem(400, "VALIDATION_FAILED");
    let every = [
        "category",
        "changeLog",
        "content",
        "description",
        "isPublic",
        "model",
        "status",
        "tags",
        "title",
        "visibility",
    ];
    assert_eq!(Answer::bad_fields(&problem), every);
    // `null` would clear a title, which no prompt is without.
    let nulls = ["category", "content", "isPublic", "status", "tags", "title", "visibility"];
    let body: Value = nulls.iter().map(|name| ((*name).to_owned(), Value::Null)).collect();
    let problem = client.put(&prompt, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), nulls);
    let contradiction = json!({"visibility": "UNLISTED", "isPublic": true});
    let problem = client.put(&prompt, contradiction).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["isPublic"]);
    assert_eq!(client.get(&prompt).await.expect(200)["version"], 1);

    let longest = json!({"content": "ж".repeat(100_000), "title": "т".repeat(200)});
    let edited = client.put(&prompt, longest).await.expect(200);
    assert_eq!(edited["content"].as_str().unwrap().chars().count(), 100_000);
    let tags = json!({"tags": ["a", " a", "A", "b "]});
    assert_eq!(client.put(&prompt, tags).await.expect(200)["tags"], json!(["a", "b"]));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn status_and_visibility_say_together_who_sees_a_prompt(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let mut draft = reviewer();
    draft["status"] = json!("DRAFT");
    let prompt = path(&create(&ada, draft).await);
    let listed = async || eve.get("/prompts/public").await.expect(200)["totalElements"] == 1;
    for (change, is_public, readable, in_lists) in [
        (json!({}), true, false, false),
        (json!({"status": "PUBLISHED"}), true, true, true),
        (json!({"status": "ARCHIVED"}), true, true, false),
        (json!({"status": "PUBLISHED"}), true, true, true),
        (json!({"visibility": "UNLISTED"}), false, true, false),
        (json!({"isPublic": true}), true, true, true),
        (json!({"isPublic": false}), false, false, false),
        (json!({"visibility": "PUBLIC", "status": "DRAFT"}), true, false, false),
    ] {
        let now = ada.put(&prompt, &change).await.expect(200);
        assert_eq!((&now["isPublic"], &now["version"]), (&json!(is_public), &json!(1)), "{change}");
        assert_eq!(now["isPublic"], now["visibility"] == "PUBLIC");
        assert_eq!(eve.get(&prompt).await.status == 200, readable, "{change}");
        assert_eq!(listed().await, in_lists, "{change}");
    }
    let hidden = create(&ada, private(reviewer())).await;
    assert_eq!(hidden["isPublic"], false);
}
