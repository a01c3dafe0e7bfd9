use std::time::Instant;

use http::Method;
use ids::PromptId;
use serde_json::json;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{Answer, user};

use crate::support::{PromptService, create, finished, mock, path, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_is_queued_at_once_and_completed_soon(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let ada = user("ada");
    let client = app.anonymous().forwarded_for(&ada);
    let answer = client.post("/api/tests", mock("mock")).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    assert!(!answer.headers.contains_key("preference-applied"));
    let test = answer.expect(201);
    assert_eq!(location, path(&test));
    assert_eq!(test["status"], "PENDING");
    assert_eq!(test["attempts"], 0);
    assert_eq!(test["userId"], ada.id.to_string());
    for field in ["promptId", "promptVersion", "response", "cost", "startedAt", "completedAt"] {
        assert!(test[field].is_null(), "{field} in {test}");
    }

    let test = finished(&client, &test).await;
    assert_eq!(test["status"], "COMPLETED");
    assert!(test["response"].as_str().unwrap().contains("Say hello."), "{test}");
    assert_eq!(test["inputTokens"], 3);
    assert_eq!(test["tokenCount"].as_i64().unwrap(), 3 + test["outputTokens"].as_i64().unwrap());
    assert_eq!(test["cost"], 0);
    assert_eq!(test["priceVersion"], "mock-1");
    assert_eq!(test["attempts"], 1);
    for field in ["startedAt", "completedAt", "createdAt"] {
        assert!(test[field].as_str().unwrap().ends_with('Z'), "{field} in {test}");
    }
    assert!(test["responseTimeMs"].is_number());
    for field in ["assertionResults", "score", "errorMessage"] {
        assert!(test[field].is_null(), "{field} in {test}");
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn who_prefers_to_wait_gets_the_finished_test(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    let answer = client.post("/api/tests", mock("mock-slow")).await;
    assert_eq!(answer.headers["preference-applied"], "wait=20");
    assert!(answer.headers.contains_key("location"));
    let test = answer.expect(201);
    assert_eq!(test["status"], "COMPLETED");
    assert!(test["responseTimeMs"].as_i64().unwrap() >= 200, "{test}");

    let failed = create(&client, mock("mock-fail")).await;
    assert_eq!(failed["status"], "FAILED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn when_the_wait_is_over_the_test_is_answered_as_it_stands(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start_with(&database, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    for _ in 0..20 {
        create(&client, mock("mock-slow")).await;
    }
    let started = Instant::now();
    let hurried = client.with_header("prefer", "wait=1");
    let test = create(&hurried, mock("mock")).await;
    assert_eq!(test["status"], "PENDING");
    assert!(started.elapsed().as_millis() >= 1000);
    assert_eq!(finished(&client, &test).await["status"], "COMPLETED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_stopping_process_keeps_nobody_waiting(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start_with(&database, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    for _ in 0..20 {
        create(&client, mock("mock-slow")).await;
    }
    let patient = client.with_header("prefer", "wait=30");
    let waiting = tokio::spawn(async move { create(&patient, mock("mock")).await });
    let all = format!(
        "/api/tests/user/{}",
        create(&client, mock("mock")).await["userId"].as_str().unwrap()
    );
    testkit::eventually("the waiting one to be queued", || async {
        (client.get(&all).await.expect(200)["totalElements"] == 22).then_some(())
    })
    .await;
    let started = Instant::now();
    app.stop().await;
    assert_eq!(waiting.await.unwrap()["status"], "PENDING");
    assert!(started.elapsed().as_secs() < 5);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn only_a_signed_in_user_may_test(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let answer = app.anonymous().post("/api/tests", mock("mock")).await;
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    answer.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_or_content_must_be_given(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let neither = json!({"modelProvider": "MOCK", "modelName": "mock"});
    let problem = client.post("/api/tests", neither).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["promptContent", "promptId"]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn with_both_the_content_is_tested_and_kept_with_the_prompt(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
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
async fn the_system_prompt_is_filled_in_as_the_prompt_is(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let pool = pool.connect_with(database.clone()).await.unwrap();
    let app = start(&database).await;
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
async fn mock_model_is_a_name_of_mock(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    let (mock, named) =
        (create(&client, mock("mock")).await, create(&client, mock("mock-model")).await);
    assert_eq!(
        (&named["modelName"], &named["status"]),
        (&json!("mock-model"), &json!("COMPLETED"))
    );
    assert_eq!((&named["response"], &named["cost"]), (&mock["response"], &json!(0)));
    assert_eq!(named["priceVersion"], mock["priceVersion"]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_zero_has_no_sign_and_a_model_no_line_break(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut body = mock("mock");
    body["temperature"] = json!(-0.0);
    body["assertions"] = json!([{"type": "latency", "threshold": -0.0}]);
    let test = create(&client, body).await;
    assert_eq!(test["temperature"].to_string(), "0.0");
    for (field, value) in [("temperature", json!(-0.1)), ("modelName", json!("mock\nmock"))] {
        let mut body = mock("mock");
        body[field] = value;
        let problem =
            client.post("/api/tests", body).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), [field]);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_bad_field_is_named_at_once(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "promptContent": "x", "version": 1, "label": "a b", "variables": {"n": 3},
        "modelProvider": "HAL", "temperature": 2.5, "maxTokens": 0,
    });
    let problem = client.post("/api/tests", body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        [
            "label",
            "maxTokens",
            "modelName",
            "modelProvider",
            "temperature",
            "variables.n",
            "version"
        ]
    );
    let allowed = problem["errors"]["modelProvider"][0].as_str().unwrap();
    for provider in ["MOCK", "OPENAI", "OPENAI_COMPATIBLE", "ANTHROPIC", "GEMINI"] {
        assert!(allowed.contains(provider), "{allowed}");
    }
    client
        .raw(Method::POST, "/api/tests", "application/json", "[]")
        .await
        .expect_problem(400, "MALFORMED_JSON");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_provider_that_is_not_set_up_and_a_model_that_is_not_there_are_refused(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({"promptContent": "x", "modelProvider": "OPENAI", "modelName": "gpt-4o"});
    let problem = client.post("/api/tests", body).await.expect_problem(422, "PROVIDER_UNAVAILABLE");
    assert!(problem["detail"].as_str().unwrap().contains("OPENAI"), "{problem}");
    let problem =
        client.post("/api/tests", mock("mock-2")).await.expect_problem(422, "MODEL_UNKNOWN");
    assert_eq!(Answer::bad_fields(&problem), ["modelName"]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn placeholders_are_filled_in_and_their_defaults_used(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "promptContent": r"Greet {{ имя }} in {{language:English}}, not \{{this}}.",
        "variables": {"имя": "Ада {{language}}"}, "modelProvider": "MOCK", "modelName": "mock",
    });
    let test = create(&client, body).await;
    assert_eq!(test["promptContent"], "Greet Ада {{language}} in English, not {{this}}.");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_missing_and_every_unknown_variable_is_named(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
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
async fn a_prompt_that_variables_blow_up_is_refused(_: PgPoolOptions, database: PgConnectOptions) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "promptContent": "{{a}}".repeat(20_000), "variables": {"a": "x".repeat(500_000)},
        "modelProvider": "MOCK", "modelName": "mock",
    });
    client.post("/api/tests", body).await.expect_problem(422, "PROMPT_TOO_LONG");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_prompt_is_tested_at_the_version_asked_for(_: PgPoolOptions, database: PgConnectOptions) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
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
async fn a_prompt_that_is_absent_or_not_visible_is_not_found(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let prompts = PromptService::start().await;
    let app = start_with(&database, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let body = |prompt: PromptId| json!({"promptId": prompt, "modelProvider": "MOCK", "modelName": "mock"});
    let author = app.anonymous().forwarded_for(&prompts.author);
    author.post("/api/tests", body(PromptId::new())).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let stranger = app.anonymous().forwarded_for(&user("eve"));
    stranger.post("/api/tests", body(prompts.prompt)).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn without_the_prompt_service_only_tests_of_prompts_are_refused(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let app = start(&database).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({"promptId": PromptId::new(), "modelProvider": "MOCK", "modelName": "mock"});
    let answer = client.post("/api/tests", body).await;
    assert_eq!(answer.headers["retry-after"], "1");
    let problem = answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    assert!(!problem.to_string().contains("127.0.0.1"), "{problem}");
    create(&client, mock("mock")).await;
    client.get("/health/ready").await.expect(200);
}
