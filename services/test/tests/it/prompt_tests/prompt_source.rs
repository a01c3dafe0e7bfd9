//! The prompt of a test: its source, version and variables.

use ids::PromptId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{PromptService, create, mock, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_or_content_must_be_given(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let neither = json!({"modelProvider": "MOCK", "modelName": "mock"});
    let problem = client.post("/api/tests", neither).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["promptContent", "promptId"]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn with_both_the_content_is_tested_and_kept_with_the_prompt(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let body = json!({
        "promptId": prompts.prompt, "promptContent": "Another text for {{name}}.", "label": "production",
        "variables": {"name": "Ada"}, "modelProvider": "MOCK", "modelName": "mock",
    });
    let author = app.anonymous().forwarded_for(&prompts.author);
    let test = create(&author, body.clone()).await;
    assert_eq!(test["promptContent"], "Another text for Ada.");
    assert_eq!(test["promptId"], prompts.prompt.to_string());
    assert_eq!(test["promptVersion"], 1);
    let list = format!("/api/tests/prompt/{}", prompts.prompt);
    assert_eq!(author.get(&list).await.expect(200)["content"][0]["id"], test["id"]);
    let stranger = app.anonymous().forwarded_for(&user("eve"));
    stranger.post("/api/tests", body).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn the_system_prompt_is_filled_in_as_the_prompt_is(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut body = mock("mock");
    body["promptContent"] = json!("Greet {{name}}.");
    body["systemPrompt"] = json!("Speak {{language:English}} as {{role}}.");
    body["variables"] = json!({"name": "Ada", "role": "a pirate"});
    create(&client, body.clone()).await;
    let sent: Vec<String> =
        sqlx::query_scalar("select system_prompt from tests").fetch_all(&pool).await.unwrap();
    assert_eq!(sent, ["Speak English as a pirate."]);

    // Over both texts together: nothing that one of them uses is unknown.
    body["variables"] = json!({"language": "French", "mood": "glad"});
    let problem = client.post("/api/tests", body).await.expect_problem(422, "VARIABLES_UNRESOLVED");
    assert_eq!(
        Answer::bad_fields(&problem),
        ["variables.mood", "variables.name", "variables.role"]
    );
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn placeholders_are_filled_in_and_their_defaults_used(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "promptContent": r"Greet {{ имя }} in {{language:English}}, not \{{this}}.",
        "variables": {"имя": "Ада {{language}}"}, "modelProvider": "MOCK", "modelName": "mock",
    });
    let test = create(&client, body).await;
    assert_eq!(test["promptContent"], "Greet Ада {{language}} in English, not {{this}}.");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_missing_and_every_unknown_variable_is_named(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "promptContent": "{{a}} {{b}} {{c:d}}", "variables": {"b": "1", "x": "2"},
        "modelProvider": "MOCK", "modelName": "mock",
    });
    let problem = client.post("/api/tests", body).await.expect_problem(422, "VARIABLES_UNRESOLVED");
    assert_eq!(Answer::bad_fields(&problem), ["variables.a", "variables.x"]);
    assert_eq!(problem["errors"]["variables.a"], json!(["is missing"]));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_that_variables_blow_up_is_refused(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "promptContent": "{{a}}".repeat(20_000), "variables": {"a": "x".repeat(500_000)},
        "modelProvider": "MOCK", "modelName": "mock",
    });
    client.post("/api/tests", body).await.expect_problem(422, "PROMPT_TOO_LONG");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_is_tested_at_the_version_asked_for(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let body = |pick: serde_json::Value| {
        let mut body = json!({
            "promptId": prompts.prompt, "variables": {"name": "Ada"},
            "modelProvider": "MOCK", "modelName": "mock",
        });
        body.as_object_mut().unwrap().extend(pick.as_object().unwrap().clone());
        body
    };
    for (pick, version) in [
        (json!({}), 2),
        (json!({"version": 2}), 2),
        (json!({"version": 1}), 1),
        (json!({"label": "production"}), 1),
    ] {
        let test = create(&client, body(pick)).await;
        assert_eq!(test["promptId"], prompts.prompt.to_string());
        assert_eq!(test["promptVersion"], version);
        let expected = format!("Version {version}: greet Ada in English.");
        assert_eq!(test["promptContent"], expected);
    }
    client
        .post("/api/tests", body(json!({"version": 3})))
        .await
        .expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_that_is_absent_or_not_visible_is_not_found(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let body = |prompt: PromptId| json!({"promptId": prompt, "modelProvider": "MOCK", "modelName": "mock"});
    let author = app.anonymous().forwarded_for(&prompts.author);
    author.post("/api/tests", body(PromptId::new())).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let stranger = app.anonymous().forwarded_for(&user("eve"));
    stranger.post("/api/tests", body(prompts.prompt)).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn without_the_prompt_service_only_tests_of_prompts_are_refused(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({"promptId": PromptId::new(), "modelProvider": "MOCK", "modelName": "mock"});
    let answer = client.post("/api/tests", body).await;
    assert_eq!(answer.headers["retry-after"], "1");
    let problem = answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    assert!(!problem.to_string().contains("127.0.0.1"), "{problem}");
    create(&client, mock("mock")).await;
    client.get("/health/ready").await.expect(200);
}
