//! Creating prompt tests, and waiting for them.

use std::time::Instant;

use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{create, finished, mock, path, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_is_queued_at_once_and_completed_soon(pool: PgPool) {
    let app = start(&pool).await;
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
async fn who_prefers_to_wait_gets_the_finished_test(pool: PgPool) {
    let app = start(&pool).await;
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
async fn when_the_wait_is_over_the_test_is_answered_as_it_stands(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
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
async fn a_stopping_process_keeps_nobody_waiting(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
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
async fn only_a_signed_in_user_may_test(pool: PgPool) {
    let app = start(&pool).await;
    let answer = app.anonymous().post("/api/tests", mock("mock")).await;
    assert_eq!(answer.headers["www-authenticate"], "Bearer");
    answer.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn mock_model_is_a_name_of_mock(pool: PgPool) {
    let app = start(&pool).await;
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
async fn a_zero_has_no_sign_and_a_model_no_line_break(pool: PgPool) {
    let app = start(&pool).await;
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
async fn every_bad_field_is_named_at_once(pool: PgPool) {
    let app = start(&pool).await;
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
async fn a_provider_that_is_not_set_up_and_a_model_that_is_not_there_are_refused(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let body = json!({"promptContent": "x", "modelProvider": "OPENAI", "modelName": "gpt-4o"});
    let problem = client.post("/api/tests", body).await.expect_problem(422, "PROVIDER_UNAVAILABLE");
    assert!(problem["detail"].as_str().unwrap().contains("OPENAI"), "{problem}");
    let problem =
        client.post("/api/tests", mock("mock-2")).await.expect_problem(422, "MODEL_UNKNOWN");
    assert_eq!(Answer::bad_fields(&problem), ["modelName"]);
}
