//! Prompts filled in.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, eventually, user};

use crate::support::{create, license, make_premium, path, private, reviewer, start};

fn saying(content: &str) -> Value {
    let mut body = reviewer();
    body["content"] = json!(content);
    body
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_prompt_is_filled_in_as_any_of_its_versions(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let anyone = fixture.app.anonymous();
    let first = r"{{ Имя }}, here is {{code:nothing}} and \{{this}}.";
    let prompt = path(&create(&ada, saying(first)).await);
    ada.put(&prompt, json!({"content": "Another text, {{name}}."})).await.expect(200);
    ada.put(&format!("{prompt}/labels/production"), json!({"version": 1})).await.expect(200);
    let render = format!("{prompt}/render");

    let newest = anyone.post(&render, json!({"variables": {"name": "{{Ada}}"}})).await;
    let newest = newest.expect(200);
    assert_eq!(newest, json!({"content": "Another text, {{Ada}}.", "version": 2}));
    for which in [json!({"version": 1}), json!({"label": "production"})] {
        let mut body = which;
        body["variables"] = json!({"Имя": "Ада"});
        let rendered = anyone.post(&render, body).await.expect(200);
        let content = "Ада, here is nothing and {{this}}.";
        assert_eq!(rendered, json!({"content": content, "version": 1}));
    }
    let plain = path(&create(&ada, saying("No placeholders at all.")).await);
    let rendered = anyone.post(&format!("{plain}/render"), json!({})).await.expect(200);
    assert_eq!(rendered["content"], "No placeholders at all.");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn every_missing_and_every_unknown_variable_is_named(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&ada, saying("{{a}} {{b}} {{c:default}} {{d}}")).await);
    let body = json!({"variables": {"d": "1", "e": "2", "f": "3"}});
    let problem = ada.post(&format!("{prompt}/render"), body).await;
    let problem = problem.expect_problem(422, "VARIABLES_UNRESOLVED");
    let unknown = json!(["is not a variable of this version"]);
    assert_eq!(
        problem["errors"],
        json!({
            "variables.a": ["is missing"], "variables.b": ["is missing"],
            "variables.e": unknown, "variables.f": unknown,
        })
    );
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_small_template_cannot_be_blown_up(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&ada, saying(&"{{a}}".repeat(20_000))).await);
    let render = format!("{prompt}/render");
    let long = json!({"variables": {"a": "x".repeat(100_000)}});
    let problem = ada.post(&render, long).await.expect_problem(422, "RENDERED_TOO_LONG");
    assert_eq!(Answer::bad_fields(&problem), ["variables"]);
    let fits = ada.post(&render, json!({"variables": {"a": "x".repeat(50)}})).await.expect(200);
    assert_eq!(fits["content"].as_str().unwrap().len(), 1_000_000);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_cannot_be_read_cannot_be_filled_in(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let holder = user("eve");
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&holder);
    let prompt = create(&ada, saying("Say {{what}} to me.")).await;
    let render = |prompt: &Value| format!("{}/render", path(prompt));
    let body = json!({"variables": {"what": "hello"}});

    let problem = ada.post(&render(&prompt), json!({"variables": {"what": 7}})).await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["variables.what"]);
    for (which, status, code) in [
        (json!({"version": 1, "label": "latest"}), 400, "VALIDATION_FAILED"),
        (json!({"version": 0}), 400, "VALIDATION_FAILED"),
        (json!({"version": 2}), 404, "VERSION_NOT_FOUND"),
        (json!({"label": "production"}), 404, "LABEL_NOT_FOUND"),
    ] {
        ada.post(&render(&prompt), which).await.expect_problem(status, code);
    }
    let hidden = create(&ada, private(reviewer())).await;
    eve.post(&render(&hidden), &body).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let absent = json!({"id": PromptId::new()});
    eve.post(&render(&absent), &body).await.expect_problem(404, "PROMPT_NOT_FOUND");

    ada.put(&path(&prompt), json!({"title": "Second"})).await.expect(200);
    make_premium(&fixture, &prompt).await;
    for reader in [&eve, &anonymous] {
        reader.post(&render(&prompt), &body).await.expect_problem(403, "LICENSE_REQUIRED");
    }
    license(&fixture, &prompt, &holder, 2).await;
    eve.post(&render(&prompt), &body).await.expect(200);
    let older = json!({"version": 1, "variables": {"what": "hello"}});
    eve.post(&render(&prompt), older).await.expect_problem(403, "LICENSE_REQUIRED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn what_was_filled_in_was_used_and_what_was_refused_was_not(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&ada, saying("Say {{a}} twice.")).await);
    let render = format!("{prompt}/render");
    let used = || async { ada.get(&prompt).await.expect(200)["usageCount"].as_i64().unwrap() };
    ada.post(&render, json!({})).await.expect_problem(422, "VARIABLES_UNRESOLVED");
    for client in [&ada, &fixture.app.anonymous()] {
        client.post(&render, json!({"variables": {"a": "1"}})).await.expect(200);
    }
    eventually("both uses to be counted", || async { (used().await >= 2).then_some(()) }).await;
    // One more, which is counted after all of the above.
    ada.post(&render, json!({"variables": {"a": "2"}})).await.expect(200);
    eventually("one more", || async { (used().await >= 3).then_some(()) }).await;
    assert_eq!(used().await, 3);
    let answer = ada.get(&prompt).await.expect(200);
    assert_eq!(answer["viewsCount"], 0, "filling in is not reading");
}
