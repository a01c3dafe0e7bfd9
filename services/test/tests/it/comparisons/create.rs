//! Creating and repeating comparisons.

use http::Method;
use ids::PromptId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use super::{PATH, comparison, counts, finished, path};
use crate::support::{PromptService, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn who_prefers_to_wait_gets_all_answers(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    let answer = client.post(PATH, comparison(&["mock", "mock-slow", "mock-slow"])).await;
    assert_eq!(answer.headers["preference-applied"], "wait=20");
    assert_eq!(answer.expect(201)["progress"], json!({"done": 3, "total": 3}));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn two_versions_of_a_prompt_are_compared(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let mut body = comparison(&["mock", "mock", "mock"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(prompts.prompt);
    body["targets"][0]["version"] = json!(1);
    body["targets"][2]["label"] = json!("production");
    let made = client.post(PATH, body.clone()).await.expect(201);
    let seen: Vec<_> = made["targets"]
        .as_array()
        .unwrap()
        .iter()
        .map(|t| (t["promptVersion"].as_i64().unwrap(), t["promptContent"].as_str().unwrap()))
        .collect();
    let (one, two) = ("Version 1: greet Ada in English.", "Version 2: greet Ada in English.");
    assert_eq!(seen, [(1, one), (2, two), (1, one)]);

    body["targets"][1]["version"] = json!(9);
    client.post(PATH, body.clone()).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let stranger = app.anonymous().forwarded_for(&user("eve"));
    stranger.post(PATH, body).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_bad_field_is_named_at_once(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({
        "name": "", "promptContent": "x",
        "targets": [
            {"modelProvider": "MOCK", "modelName": "mock", "version": 1},
            {"modelProvider": "HAL", "temperature": 9, "label": "a b"},
        ],
        "assertions": [{"type": "contains"}],
    });
    let problem = client.post(PATH, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        [
            "assertions[0].value",
            "name",
            "targets[0].version",
            "targets[1].label",
            "targets[1].modelName",
            "targets[1].modelProvider",
            "targets[1].temperature",
        ]
    );
    for count in [0, 1, 11] {
        let answer = client.post(PATH, comparison(&vec!["mock"; count])).await;
        let problem = answer.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["targets"]);
    }
    client
        .raw(Method::POST, PATH, "text/plain", "x")
        .await
        .expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn when_one_target_cannot_be_asked_nothing_is_created(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let mut body = comparison(&["mock", "mock", "mock-2"]);
    body["targets"][1]["modelProvider"] = json!("OPENAI");
    let problem = client.post(PATH, body).await.expect_problem(422, "PROVIDER_UNAVAILABLE");
    assert_eq!(Answer::bad_fields(&problem), ["targets[1].modelProvider", "targets[2].modelName"]);
    let problem = client
        .post(PATH, comparison(&["mock", "mock-2"]))
        .await
        .expect_problem(422, "MODEL_UNKNOWN");
    assert_eq!(Answer::bad_fields(&problem), ["targets[1].modelName"]);

    let mut body = comparison(&["mock", "mock"]);
    body["variables"] = json!({"nam": "x"});
    let problem = client.post(PATH, body).await.expect_problem(422, "VARIABLES_UNRESOLVED");
    assert_eq!(Answer::bad_fields(&problem), ["variables.nam", "variables.name"]);

    let mut body = comparison(&["mock", "mock"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(PromptId::new());
    let answer = client.post(PATH, body).await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");

    assert_eq!(counts(&pool).await, (0, 0));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_comparison_that_breaks_down_half_way_leaves_nothing(pool: PgPool) {
    let app = start(&pool).await;
    sqlx::query("alter table tests add constraint no_third check (target_index < 2)")
        .execute(&pool)
        .await
        .unwrap();
    let client = app.anonymous().forwarded_for(&user("ada"));
    client.post(PATH, comparison(&["mock"; 3])).await.expect_problem(500, "INTERNAL_ERROR");
    assert_eq!(counts(&pool).await, (0, 0));
    client.post(PATH, comparison(&["mock"; 2])).await.expect(201);
    assert_eq!(counts(&pool).await, (1, 2));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_comparison_is_repeated_with_one_call(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    let mut body = comparison(&["mock", "mock-slow"]);
    body["promptContent"] = json!(null);
    body["promptId"] = json!(prompts.prompt);
    body["targets"][0]["version"] = json!(1);
    body["targets"][0]["temperature"] = json!(0.5);
    body["assertions"] = json!([{"type": "contains", "value": "Ada"}]);
    let first = client.post(PATH, body).await.expect(201);
    let repeat = format!("{}/repeat", path(&first));
    let answer = client.with_header("prefer", "wait=20").post(&repeat, json!({})).await;
    assert_eq!(answer.headers["preference-applied"], "wait=20");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let second = answer.expect(201);
    assert_eq!(location, path(&second));
    assert_ne!(first["id"], second["id"]);
    assert_eq!(second["repeatOf"], first["id"]);
    assert_eq!(second["progress"]["done"], 2);
    for field in ["name", "promptId", "variables", "assertions"] {
        assert_eq!(first[field], second[field], "{field}");
    }
    for field in ["promptVersion", "temperature", "modelName"] {
        assert_eq!(first["targets"][0][field], second["targets"][0][field], "{field}");
    }
    // The same question gets the same answer.
    let first = finished(&client, &first).await;
    assert_eq!(first["targets"][0]["response"], second["targets"][0]["response"]);

    // Twice at once: two of them, each whole.
    let (a, b) = tokio::join!(client.post(&repeat, json!({})), client.post(&repeat, json!({})));
    assert_ne!(a.expect(201)["id"], b.expect(201)["id"]);
    assert_eq!(client.get(PATH).await.expect(200)["totalElements"], 4);
}
