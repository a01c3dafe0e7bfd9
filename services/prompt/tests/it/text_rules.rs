//! The rules for texts that people write.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{create, path, reviewer, start};

fn bad_fields(answer: Answer) -> Vec<String> {
    let problem = answer.expect_problem(400, "VALIDATION_FAILED");
    Answer::bad_fields(&problem).into_iter().map(str::to_owned).collect()
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_stands_on_one_line_has_no_line_break_and_nothing_is_invisible(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let one_line = ["category", "changeLog", "model", "tags", "title"];
    let as_field = |field: &str, text: &str| match field {
        "tags" => json!(["fine", text]),
        _ => json!(text),
    };
    for bad in
        ["two\nlines", "a\u{2028}b", "bell\u{7}", "\u{202E}turned", "\u{200B}\u{2060}\u{200B}"]
    {
        let fields: Value =
            one_line.iter().map(|field| ((*field).to_owned(), as_field(field, bad))).collect();
        let mut whole = reviewer();
        whole.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        assert_eq!(bad_fields(ada.post("/prompts", whole).await), one_line, "{bad:?}");
        assert_eq!(bad_fields(ada.put(&path(&prompt), fields).await), one_line, "{bad:?}");
        let fork = eve.post(&format!("{}/fork", path(&prompt)), json!({"title": bad})).await;
        assert_eq!(bad_fields(fork), ["title"], "{bad:?}");
    }
    let invisible = "\u{200B}".repeat(20);
    for bad in [&invisible, "an escape\u{1B}[31m"] {
        let change = ada.put(&path(&prompt), json!({"description": bad})).await;
        assert_eq!(bad_fields(change), ["description"], "{bad:?}");
        let comment = json!({"promptId": prompt["id"], "content": bad});
        assert_eq!(bad_fields(eve.post("/api/social/comments", comment).await), ["content"]);
        let rating = json!({"promptId": prompt["id"], "rating": 5, "review": bad});
        assert_eq!(bad_fields(eve.post("/api/social/ratings", rating).await), ["review"]);
    }
    let change = ada.put(&path(&prompt), json!({"content": invisible})).await;
    assert_eq!(bad_fields(change), ["content"]);

    // Joiners inside emoji and scripts stay, as do line breaks where they are allowed.
    let fine = json!({
        "title": "👩\u{200D}👩\u{200D}👧 می\u{200C}خواهم", "description": "Two\nlines", "changeLog": "",
        "tags": ["❤\u{FE0F}"],
    });
    let edited = ada.put(&path(&prompt), &fine).await.expect(200);
    for field in ["title", "description", "tags"] {
        assert_eq!(edited[field], fine[field]);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn tags_that_differ_only_in_case_are_one_spelled_as_it_is_first(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut body = reviewer();
    body["tags"] = json!(["Rust", " rust", "RUST", "Été", "été"]);
    let prompt = create(&ada, body).await;
    assert_eq!(prompt["tags"], json!(["Rust", "Été"]));
    let changed = ada.put(&path(&prompt), json!({"tags": ["go", "Go", "GO "]})).await.expect(200);
    assert_eq!(changed["tags"], json!(["go"]));
    let listed = ada.get("/prompts/tag/GO").await.expect(200);
    assert_eq!(listed["content"][0]["id"], prompt["id"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_prompt_says_the_defaults_of_its_variables(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut body = reviewer();
    body["content"] = json!("{{tone:dry}} {{topic}} {{tone:warm}} {{count: 3 }} {{empty:}}");
    let prompt = create(&ada, body).await;
    assert_eq!(prompt["variables"], json!(["tone", "topic", "count", "empty"]));
    let defaults = json!({"tone": "dry", "count": "3", "empty": ""});
    assert_eq!(prompt["variableDefaults"], defaults);
    for list in ["/prompts/public", "/prompts/public?include=content"] {
        let page = ada.get(list).await.expect(200);
        assert_eq!(page["content"][0]["variableDefaults"], defaults, "{list}");
    }
}
