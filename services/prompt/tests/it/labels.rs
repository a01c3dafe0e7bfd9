//! Labels of versions.

use ids::PromptId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{admin, create, path, private, reviewer, start};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_label_moves_from_version_to_version_and_is_read_by(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let reader = fixture.app.anonymous();
    let prompt = path(&create(&ada, reviewer()).await);
    ada.put(&prompt, json!({"title": "Second"})).await.expect(200);
    let label = |name: &str| format!("{prompt}/labels/{name}");

    let set = ada.put(&label("production"), json!({"version": 1})).await;
    assert_eq!(set.expect(200), json!({"label": "production", "version": 1}));
    ada.put(&label("Beta_2.0-rc"), json!({"version": 1})).await.expect(200);
    ada.put(&label("staging"), json!({"version": 2})).await.expect(200);
    let first = reader.get(&format!("{prompt}?label=production")).await.expect(200);
    assert_eq!((&first["version"], &first["title"]), (&json!(1), &json!("Code reviewer")));
    assert_eq!(first["labels"], json!(["Beta_2.0-rc", "production"]));
    let newest = reader.get(&prompt).await.expect(200);
    assert_eq!(newest["labels"], json!(["latest", "staging"]));
    let page = reader.get("/prompts/public").await.expect(200);
    assert_eq!(page["content"][0]["labels"], json!(["latest", "staging"]));
    let versions = reader.get(&format!("{prompt}/versions")).await.expect(200);
    assert_eq!(versions["content"][0]["labels"], json!(["latest", "staging"]));
    assert_eq!(versions["content"][1]["labels"], json!(["Beta_2.0-rc", "production"]));
    let first = reader.get(&format!("{prompt}/versions/1")).await.expect(200);
    assert_eq!(first["labels"], json!(["Beta_2.0-rc", "production"]));
    let internal = format!("/internal{prompt}?label=production");
    assert_eq!(reader.internal().get(&internal).await.expect(200)["version"], 1);

    ada.put(&label("production"), json!({"version": 2})).await.expect(200);
    let moved = reader.get(&format!("{prompt}?label=production")).await.expect(200);
    assert_eq!(moved["labels"], json!(["latest", "production", "staging"]));
    // Only `latest` moves to a new version.
    ada.put(&prompt, json!({"title": "Third"})).await.expect(200);
    let newest = reader.get(&prompt).await.expect(200);
    assert_eq!((&newest["version"], &newest["labels"]), (&json!(3), &json!(["latest"])));
    let kept = reader.get(&format!("{prompt}?label=production")).await.expect(200);
    assert_eq!((&kept["version"], &kept["title"]), (&json!(2), &json!("Second")));

    assert_eq!(ada.delete(&label("production")).await.status, 204);
    ada.delete(&label("production")).await.expect_problem(404, "LABEL_NOT_FOUND");
    let gone = reader.get(&format!("{prompt}?label=production")).await;
    gone.expect_problem(404, "LABEL_NOT_FOUND");
    // Labels are compared with case.
    let other = reader.get(&format!("{prompt}?label=Staging")).await;
    other.expect_problem(404, "LABEL_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn labels_are_the_authors_to_set_and_remove(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let root = anonymous.forwarded_for(&admin("root"));
    let public = path(&create(&ada, reviewer()).await);
    let hidden = path(&create(&ada, private(reviewer())).await);
    let (on_public, on_hidden) =
        (format!("{public}/labels/production"), format!("{hidden}/labels/production"));
    let body = json!({"version": 1});
    ada.put(&on_public, &body).await.expect(200);
    ada.put(&on_hidden, &body).await.expect(200);

    anonymous.put(&on_public, &body).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    anonymous.delete(&on_public).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    for other in [&eve, &root] {
        other.put(&on_public, &body).await.expect_problem(403, "FORBIDDEN");
        other.delete(&on_public).await.expect_problem(403, "FORBIDDEN");
    }
    eve.put(&on_hidden, &body).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.delete(&on_hidden).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let absent = format!("/prompts/{}/labels/production", PromptId::new());
    ada.put(&absent, &body).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.delete(&absent).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.get(&format!("{public}?label=production")).await.expect(200);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_label_that_makes_no_sense_is_refused(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&ada, reviewer()).await);
    let label = |name: &str| format!("{prompt}/labels/{name}");
    for bad in ["two%20words", "na%C3%AFve", "a%2Fb", &"l".repeat(51)] {
        for answer in
            [ada.put(&label(bad), json!({"version": 1})).await, ada.delete(&label(bad)).await]
        {
            let problem = answer.expect_problem(400, "VALIDATION_FAILED");
            assert_eq!(Answer::bad_fields(&problem), ["label"], "{bad}");
        }
    }
    for taken in ["latest", "LATEST"] {
        for answer in
            [ada.put(&label(taken), json!({"version": 1})).await, ada.delete(&label(taken)).await]
        {
            let problem = answer.expect_problem(422, "LABEL_RESERVED");
            assert_eq!(Answer::bad_fields(&problem), ["label"]);
        }
    }
    let absent = ada.put(&label("production"), json!({"version": 2})).await;
    absent.expect_problem(404, "VERSION_NOT_FOUND");
    for bad in [json!({}), json!({"version": 0}), json!({"version": "1"}), json!({"version": 1.5})]
    {
        let problem =
            ada.put(&label("production"), &bad).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["version"], "{bad}");
    }
    assert_eq!(ada.get(&prompt).await.expect(200)["labels"], json!(["latest"]));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_prompt_has_at_most_50_labels_however_many_are_set_at_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&ada, reviewer()).await);
    let calls: Vec<_> = (0..55)
        .map(|i| {
            let (ada, label) = (ada.clone(), format!("{prompt}/labels/l{i}"));
            tokio::spawn(async move { ada.put(&label, json!({"version": 1})).await })
        })
        .collect();
    let mut set = 0;
    for call in calls {
        let answer = call.await.unwrap();
        if answer.status == 200 {
            set += 1;
        } else {
            let problem = answer.expect_problem(422, "TOO_MANY_LABELS");
            assert_eq!(Answer::bad_fields(&problem), ["label"]);
        }
    }
    assert_eq!(set, 50);
    let labels = ada.get(&prompt).await.expect(200)["labels"].clone();
    assert_eq!(labels.as_array().unwrap().len(), 51, "and `latest`");
    // A label that exists may still be moved.
    let one = labels[1].as_str().unwrap();
    ada.put(&format!("{prompt}/labels/{one}"), json!({"version": 1})).await.expect(200);
}
