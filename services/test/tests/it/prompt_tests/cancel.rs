//! Cancelling prompt tests.

use std::time::{Duration, Instant};

use ids::TestId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, eventually, user};

use crate::support::{
    admin, count_endings, create, endings, finished, mock, path, start, start_with,
};

fn cancel_of(test: &Value) -> String {
    format!("{}/cancel", path(test))
}

async fn running(client: &Client, test: &Value) {
    let path = path(test);
    eventually("the test to be running", || async {
        (client.get(&path).await.expect(200)["status"] == "RUNNING").then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_waiting_test_is_cancelled_and_never_run(pool: PgPool) {
    count_endings(&pool).await;
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let first = create(&client, mock("mock-slow-1000")).await;
    running(&client, &first).await;
    let waiting = create(&client, mock("mock")).await;
    let cancelled = client.post(&cancel_of(&waiting), json!({})).await.expect(200);
    assert_eq!(cancelled["status"], "CANCELLED");
    assert!(cancelled["completedAt"].is_string());
    assert!(cancelled["startedAt"].is_null() && cancelled["response"].is_null());
    finished(&client, &first).await;
    let last = create(&client, mock("mock")).await;
    finished(&client, &last).await;
    assert_eq!(client.get(&path(&waiting)).await.expect(200), cancelled);
    assert_eq!(endings(&pool, "CANCELLED").await, (1, 1));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_running_test_is_cancelled_at_once_and_its_slot_is_free(pool: PgPool) {
    let app = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, mock("mock-slow-30000")).await;
    running(&client, &test).await;
    let next = create(&client, mock("mock")).await;
    let started = Instant::now();
    let cancelled = client.post(&cancel_of(&test), json!({})).await.expect(200);
    assert_eq!(cancelled["status"], "CANCELLED");
    assert!(cancelled["startedAt"].is_string());
    assert_eq!(finished(&client, &next).await["status"], "COMPLETED");
    assert!(started.elapsed() < Duration::from_secs(10));
    assert_eq!(client.get(&path(&test)).await.expect(200), cancelled);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn another_instance_than_the_one_that_runs_it_can_cancel_it(pool: PgPool) {
    let runner = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
    let ada = user("ada");
    let client = runner.anonymous().forwarded_for(&ada);
    let test = create(&client, mock("mock-slow-60000")).await;
    running(&client, &test).await;
    let other = start_with(&pool, &[("TEST_WORKERS", "1")]).await;
    let elsewhere = other.anonymous().forwarded_for(&ada);
    elsewhere.post(&cancel_of(&test), json!({})).await.expect(200);
    other.stop().await;

    // Only the runner is left, and has but the one slot: it was given up.
    let next = create(&client, mock("mock")).await;
    assert_eq!(finished(&client, &next).await["status"], "COMPLETED");
    let test = client.get(&path(&test)).await.expect(200);
    assert_eq!((&test["status"], &test["response"]), (&json!("CANCELLED"), &Value::Null));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn whoever_waits_for_a_test_hears_that_it_was_cancelled(pool: PgPool) {
    let app = start(&pool).await;
    let ada = user("ada");
    let client = app.anonymous().forwarded_for(&ada);
    let patient = client.with_header("prefer", "wait=30");
    let started = Instant::now();
    let waiting = tokio::spawn(async move { create(&patient, mock("mock-slow-60000")).await });
    let list = format!("/api/tests/user/{}", ada.id);
    let test = eventually("the test to be running", || async {
        let page = client.get(&list).await.expect(200);
        let test = page["content"].get(0)?.clone();
        (test["status"] == "RUNNING").then_some(test)
    })
    .await;
    client.post(&cancel_of(&test), json!({})).await.expect(200);
    assert_eq!(waiting.await.unwrap()["status"], "CANCELLED");
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn cancelling_again_changes_nothing_and_many_at_once_are_one(pool: PgPool) {
    count_endings(&pool).await;
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, mock("mock-slow-60000")).await;
    let path = cancel_of(&test);
    let all = futures_util::future::join_all((0..10).map(|_| client.post(&path, json!({})))).await;
    let answers: Vec<Value> = all.into_iter().map(|answer| answer.expect(200)).collect();
    assert!(answers.iter().all(|answer| answer["status"] == "CANCELLED"));
    assert_eq!(client.post(&path, json!({})).await.expect(200), answers[0]);
    assert_eq!(endings(&pool, "CANCELLED").await, (1, 1));
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn a_test_that_is_over_cannot_be_cancelled(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    for model in ["mock", "mock-fail"] {
        let test = create(&client, mock(model)).await;
        let test = finished(&client, &test).await;
        client.post(&cancel_of(&test), json!({})).await.expect_problem(409, "TEST_OVER");
        assert_eq!(client.get(&path(&test)).await.expect(200), test);
    }
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn only_its_owner_may_cancel_a_test(pool: PgPool) {
    let app = start(&pool).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let test = create(&ada, mock("mock-slow-60000")).await;
    let path = cancel_of(&test);
    anonymous.post(&path, json!({})).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let eve = anonymous.forwarded_for(&user("eve"));
    eve.post(&path, json!({})).await.expect_problem(404, "TEST_NOT_FOUND");
    let root = anonymous.forwarded_for(&admin());
    root.post(&path, json!({})).await.expect_problem(403, "FORBIDDEN");
    let absent = format!("/api/tests/{}/cancel", TestId::new());
    ada.post(&absent, json!({})).await.expect_problem(404, "TEST_NOT_FOUND");
    let problem = ada
        .post("/api/tests/nonsense/cancel", json!({}))
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["errors"]["id"].is_array());
    ada.get(&path).await.expect_problem(405, "METHOD_NOT_ALLOWED");
    ada.post(&path, json!({})).await.expect(200);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn nothing_is_left_of_the_text_of_a_cancelled_test(pool: PgPool) {
    let stored = || async {
        let count = "select count(*) from test_streams";
        sqlx::query_scalar::<_, i64>(count).fetch_one(&pool).await.unwrap()
    };
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, mock("mock-slow-4000")).await;
    eventually("text to be stored", || async { (stored().await > 0).then_some(()) }).await;
    client.post(&cancel_of(&test), json!({})).await.expect(200);
    let started = Instant::now();
    eventually("none to be left", || async { (stored().await == 0).then_some(()) }).await;
    assert!(started.elapsed() < Duration::from_secs(10));
}

/// A long answer, which begins at once.
fn talkative() -> Value {
    json!({
        "promptContent": "One two three four five. ".repeat(100),
        "modelProvider": "MOCK", "modelName": "mock-echo-slow-60000",
        "assertions": [{"type": "not-contains", "value": "x"}],
    })
}

fn is_half(test: &Value) {
    assert_eq!((&test["status"], &test["responseIncomplete"]), (&json!("CANCELLED"), &json!(true)));
    let (prompt, half) =
        (test["promptContent"].as_str().unwrap(), test["response"].as_str().unwrap());
    assert!(prompt.starts_with(half) && (1..prompt.len()).contains(&half.len()), "{half}");
    assert_eq!((&test["usageSource"], &test["cost"]), (&json!("TOKENIZER"), &json!(0)));
    let tokens = |field: &str| test[field].as_i64().unwrap();
    assert!(tokens("inputTokens") > tokens("outputTokens") && tokens("outputTokens") > 0, "{test}");
    // Only whole answers are timed and graded.
    assert!(test["responseTimeMs"].is_null() && test["score"].is_null(), "{test}");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_came_of_an_answer_is_kept_when_its_test_is_cancelled(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = create(&client, talkative()).await;
    let mut events = client.events(&format!("{}/stream", path(&test))).await;
    let heard = events.next().await.unwrap().data["text"].as_str().unwrap().to_owned();
    let cancelled = client.post(&cancel_of(&test), json!({})).await.expect(200);
    is_half(&cancelled);
    assert!(cancelled["response"].as_str().unwrap().starts_with(&heard));
    assert_eq!(client.get(&path(&test)).await.expect(200), cancelled);
    // Who follows it is told the same.
    let rest = events.rest().await;
    assert_eq!(rest.last().unwrap().data, cancelled);
    let texts = rest.iter().filter(|event| event.name == "text");
    let rest: String = texts.map(|event| event.data["text"].as_str().unwrap()).collect();
    assert_eq!(cancelled["response"], format!("{heard}{rest}"));

    let statistics = client.get("/api/tests/statistics").await.expect(200);
    assert_eq!(statistics["tokenCount"], cancelled["tokenCount"]);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn it_is_kept_too_when_another_instance_cancels_the_test(pool: PgPool) {
    let runner = start(&pool).await;
    let ada = user("ada");
    let client = runner.anonymous().forwarded_for(&ada);
    let test = create(&client, talkative()).await;
    client.events(&format!("{}/stream", path(&test))).await.next().await.unwrap();
    let other = start(&pool).await;
    other.anonymous().forwarded_for(&ada).post(&cancel_of(&test), json!({})).await.expect(200);
    let test = eventually("the half answer", || async {
        let test = client.get(&path(&test)).await.expect(200);
        (!test["response"].is_null()).then_some(test)
    })
    .await;
    is_half(&test);
}
