//! Differences between versions.

use ids::PromptId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{
    assert_snapshot, create, license, make_premium, path, private, reviewer, start,
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_diff_shows_the_changed_lines_and_the_changed_fields(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut body = reviewer();
    body["content"] = json!("Dear {{name}},\nplease review:\n{{code}}\nThank you.");
    let prompt = create(&ada, body).await;
    let change = json!({
        "content": "Dear {{name}},\nplease review this, kindly:\n{{code}}\nThank you.",
        "title": "Kind reviewer", "description": "Kinder.", "tags": ["kind"],
    });
    let prompt_path = path(&prompt);
    ada.put(&prompt_path, change).await.expect(200);

    let diff = format!("{prompt_path}/versions/diff");
    let forth = fixture.app.anonymous().get(&format!("{diff}?from=1&to=2")).await.expect(200);
    assert_eq!(forth["promptId"], prompt["id"]);
    assert_snapshot("version_diff", &forth);
    assert_eq!(
        forth["unified"],
        "--- version 1\n+++ version 2\n@@ -1,4 +1,4 @@\n Dear {{name}},\n-please review:\n\
         +please review this, kindly:\n {{code}}\n Thank you.\n\\ No newline at end of file\n"
    );
    assert_eq!(
        forth["hunks"],
        json!([{
            "oldStart": 1, "oldLines": 4, "newStart": 1, "newLines": 4,
            "lines": [
                " Dear {{name}},", "-please review:", "+please review this, kindly:", " {{code}}",
                " Thank you.", "\\ No newline at end of file",
            ],
        }])
    );
    assert_eq!(
        forth["fields"],
        json!({
            "title": {"from": "Code reviewer", "to": "Kind reviewer"},
            "description": {"from": null, "to": "Kinder."},
            "tags": {"from": ["review", "rust"], "to": ["kind"]},
        })
    );
    let back = ada.get(&format!("{diff}?from=2&to=1")).await.expect(200);
    assert_eq!(back["fields"]["title"], json!({"from": "Kind reviewer", "to": "Code reviewer"}));
    assert_eq!(back["hunks"][0]["lines"][1], "-please review this, kindly:");
    let last = ada.get(&diff).await.expect(200);
    assert_eq!(last, forth, "what changed last, unless asked for more");
    let none = ada.get(&format!("{diff}?to=1")).await.expect(200);
    assert_eq!((&none["from"], &none["to"]), (&json!(1), &json!(1)));
    let none = ada.get(&format!("{diff}?from=2&to=2")).await.expect(200);
    assert_eq!(
        (&none["unified"], &none["hunks"], &none["fields"]),
        (&json!(""), &json!([]), &json!({}))
    );
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_diff_is_refused_to_who_may_not_read_and_of_what_is_not_there(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let public = path(&create(&ada, reviewer()).await);
    let hidden = path(&create(&ada, private(reviewer())).await);
    let diff = |prompt: &str, query: &str| format!("{prompt}/versions/diff{query}");
    let problem =
        ada.get(&diff(&public, "?from=0&to=x")).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["from", "to"]);
    for absent in ["?from=1&to=2", "?from=2&to=1"] {
        ada.get(&diff(&public, absent)).await.expect_problem(404, "VERSION_NOT_FOUND");
    }
    let unseen = diff(&hidden, "?from=1&to=1");
    eve.get(&unseen).await.expect_problem(404, "PROMPT_NOT_FOUND");
    anonymous.get(&unseen).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.get(&unseen).await.expect(200);
    let absent = format!("/prompts/{}", PromptId::new());
    ada.get(&diff(&absent, "?from=1&to=1")).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_diff_shows_nobody_more_than_they_may_read(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let holder = user("eve");
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&holder);
    let prompt = create(&ada, reviewer()).await;
    for i in 2..=3 {
        ada.put(&path(&prompt), json!({"title": format!("Title {i}")})).await.expect(200);
    }
    make_premium(&fixture, &prompt).await;
    let diff = |from: i32, to: i32| format!("{}/versions/diff?from={from}&to={to}", path(&prompt));
    eve.get(&diff(2, 3)).await.expect_problem(403, "LICENSE_REQUIRED");
    anonymous.get(&diff(2, 3)).await.expect_problem(403, "LICENSE_REQUIRED");
    license(&fixture, &prompt, &holder, 2).await;
    eve.get(&diff(2, 3)).await.expect(200);
    eve.get(&diff(1, 3)).await.expect_problem(403, "LICENSE_REQUIRED");
    eve.get(&diff(3, 1)).await.expect_problem(403, "LICENSE_REQUIRED");
    ada.get(&diff(1, 3)).await.expect(200);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_longest_texts_are_compared_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let text = |parity: usize| -> String {
        (0..100_000).map(|i| if i % 2 == parity { '\n' } else { 'x' }).collect()
    };
    let mut body = reviewer();
    body["content"] = json!(text(1));
    let prompt = path(&create(&ada, body).await);
    ada.put(&prompt, json!({"content": text(0).replace('x', "y")})).await.expect(200);
    let diff = ada.get(&format!("{prompt}/versions/diff?from=1&to=2")).await.expect(200);
    let lines = diff["hunks"][0]["lines"].as_array().unwrap();
    let count = |sign: &str| lines.iter().filter(|l| l.as_str().unwrap().starts_with(sign)).count();
    assert_eq!((count("-"), count("+")), (50_000, 50_001));
}
