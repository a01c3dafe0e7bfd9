//! Prompts: created, changed, and refused.

use auth::Role;
use ids::PromptId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{
    NOWHERE, assert_snapshot, create, path, private, reviewer, start, start_with,
};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_new_prompt_has_version_1_and_what_can_be_derived(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.app.anonymous().forwarded_for(&ada);
    let answer = client.post("/prompts", reviewer()).await;
    assert_eq!(answer.headers["etag"], "\"1\"");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let prompt = answer.expect(201);
    assert_eq!(location, path(&prompt));
    assert_eq!(prompt["authorId"], ada.id.to_string());
    assert_snapshot("prompt", &prompt);
    assert_eq!(fixture.app.anonymous().get(&path(&prompt)).await.expect(200)["id"], prompt["id"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn the_answer_to_a_creation_is_what_is_read_after_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut bare = reviewer();
    for field in ["description", "tags", "model", "changeLog"] {
        bare.as_object_mut().unwrap().remove(field);
    }
    let mut tagged = reviewer();
    tagged["tags"] = json!(["B", "a", "b", "A"]);
    for state in [
        json!({"visibility": "PUBLIC"}),
        json!({"visibility": "UNLISTED"}),
        json!({"visibility": "PRIVATE"}),
        json!({"visibility": "PUBLIC", "status": "DRAFT"}),
        json!({"visibility": "PUBLIC", "status": "ARCHIVED"}),
    ] {
        for mut body in [reviewer(), bare.clone(), tagged.clone()] {
            body.as_object_mut().unwrap().remove("isPublic");
            body.as_object_mut().unwrap().extend(state.as_object().unwrap().clone());
            let created = client.post("/prompts", body).await.expect(201);
            let read = client.get(&path(&created)).await;
            assert_eq!(created, read.expect(200), "{state}");
        }
    }
    let origin = create(&client, reviewer()).await;
    let forked = client.post(&format!("{}/fork", path(&origin)), json!({})).await.expect(201);
    assert_eq!(forked, client.get(&path(&forked)).await.expect(200));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_bad_prompt_names_every_bad_field(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "title": "  a  ", "content": 7, "description": "d".repeat(1001),
        "tags": ["t".repeat(51)], "isPublic": "yes",
    });
    let problem = client.post("/prompts", body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_snapshot("prompt_validation_failed", &problem);
    let mut contradiction = private(reviewer());
    contradiction["isPublic"] = json!(true);
    let problem =
        client.post("/prompts", contradiction).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["isPublic"]);
    let mut blown_up = reviewer();
    blown_up["content"] = json!(format!("ten letters{}", " ".repeat(100_000)));
    let problem = client.post("/prompts", blown_up).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["content"]);
    let nul = json!({"title": "abc\u{0}", "content": "0123456789", "category": "c"});
    client.post("/prompts", nul).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn writing_needs_a_user_and_a_prompt_of_their_own(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let problem = anonymous.post("/prompts", reviewer()).await;
    let problem = problem.expect_problem(401, "AUTHENTICATION_REQUIRED");
    assert_snapshot("authentication_required", &problem);

    let public = path(&create(&ada, reviewer()).await);
    let hidden = path(&create(&ada, private(reviewer())).await);
    let change = json!({"title": "Mine now"});
    anonymous.put(&public, &change).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    anonymous.delete(&public).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    eve.put(&public, &change).await.expect_problem(403, "FORBIDDEN");
    eve.delete(&public).await.expect_problem(403, "FORBIDDEN");
    // Nobody else learns that a private prompt exists.
    eve.put(&hidden, &change).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.delete(&hidden).await.expect_problem(404, "PROMPT_NOT_FOUND");
    eve.get(&hidden).await.expect_problem(404, "PROMPT_NOT_FOUND");
    anonymous.get(&hidden).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.get(&hidden).await.expect(200);

    let mut root = user("root");
    root.roles.push(Role::Admin);
    let admin = anonymous.forwarded_for(&root);
    admin.get(&hidden).await.expect(200);
    let moderated = admin.put(&public, json!({"title": "Moderated"})).await.expect(200);
    assert_eq!(moderated["username"], "ada", "an admin's edit takes nobody's prompt away");
    assert_eq!(ada.delete(&public).await.status, 204);
    ada.get(&public).await.expect_problem(404, "PROMPT_NOT_FOUND");
    ada.delete(&public).await.expect_problem(404, "PROMPT_NOT_FOUND");

    ada.get("/prompts/nonsense").await.expect_problem(400, "VALIDATION_FAILED");
    let absent = format!("/prompts/{}", PromptId::new());
    ada.put(&absent, &change).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_changed_text_is_a_new_version_and_nothing_else_is(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let mut body = reviewer();
    body["description"] = json!("Strict but kind.");
    let prompt = path(&create(&client, body).await);

    let same = client.put(&prompt, json!({"title": "Code reviewer"})).await.expect(200);
    assert_eq!(same["version"], 1);
    let unlisted = client.put(&prompt, json!({"visibility": "UNLISTED"})).await.expect(200);
    assert_eq!((&unlisted["version"], &unlisted["isPublic"]), (&json!(1), &json!(false)));
    let still = client.put(&prompt, json!({"isPublic": false})).await.expect(200);
    assert_eq!(still["visibility"], "UNLISTED");

    let cleared = client.put(&prompt, json!({"description": null, "tags": []})).await.expect(200);
    assert_eq!(cleared["version"], 2);
    assert_eq!(cleared["description"], json!(null));
    assert_eq!(cleared["tags"], json!([]));
    assert_eq!(cleared["title"], "Code reviewer", "what is absent stays");

    let first = client.get(&format!("{prompt}?version=1")).await.expect(200);
    assert_eq!(first["description"], "Strict but kind.");
    assert_eq!(first["labels"], json!([]));
    let latest = client.get(&format!("{prompt}?label=latest")).await.expect(200);
    assert_eq!(latest["version"], 2);
    client.get(&format!("{prompt}?label=staging")).await.expect_problem(404, "LABEL_NOT_FOUND");
    let both = client.get(&format!("{prompt}?version=1&label=latest")).await;
    both.expect_problem(400, "VALIDATION_FAILED");
    client.get(&format!("{prompt}?version=3")).await.expect_problem(404, "VERSION_NOT_FOUND");
    client.get(&format!("{prompt}?version=0")).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn if_match_keeps_one_editor_from_overwriting_another(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().forwarded_for(&user("ada"));
    let prompt = path(&create(&client, reviewer()).await);
    let etag = client.get(&prompt).await.headers["etag"].to_str().unwrap().to_owned();
    let tab = client.with_header("if-match", &etag);
    let saved = tab.put(&prompt, json!({"title": "First tab"})).await;
    let newer = saved.headers["etag"].to_str().unwrap().to_owned();
    saved.expect(200);
    tab.put(&prompt, json!({"title": "Second tab"})).await.expect_problem(412, "PROMPT_CHANGED");
    let reread = client.with_header("if-match", &newer);
    reread.put(&prompt, json!({"title": "Second tab, again"})).await.expect(200);
    client.with_header("if-match", "*").put(&prompt, json!({"title": "Any"})).await.expect(200);
    let nonsense = client.with_header("if-match", "\"other\"");
    nonsense.put(&prompt, json!({"title": "Nope"})).await.expect_problem(412, "PROMPT_CHANGED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn without_mongodb_writing_answers_503_and_reading_goes_on(pool: PgPool) {
    let working = start(&pool).await;
    let ada = user("ada");
    let prompt = create(&working.app.anonymous().forwarded_for(&ada), reviewer()).await;
    let broken = start_with(&pool, "mongodb://127.0.0.1:9/versions", NOWHERE).await;
    let client = broken.app.anonymous().forwarded_for(&ada);
    client.get(&path(&prompt)).await.expect(200);
    let answer = client.post("/prompts", reviewer()).await;
    assert!(answer.headers.contains_key("retry-after"));
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client
        .put(&path(&prompt), json!({"title": "New title"}))
        .await
        .expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    let unchanged = client.get(&path(&prompt)).await.expect(200);
    assert_eq!((&unchanged["title"], &unchanged["version"]), (&prompt["title"], &json!(1)));
    let ready = client.get("/health/ready").await.expect(200);
    assert_eq!(ready["checks"][1]["status"], "DOWN");
}
