//! `GET /api/tests/statistics`.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::user;

use crate::support::{PromptService, create, finished, mock, start, start_with};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn what_my_tests_come_to_is_told_and_nobody_else_s(pool: PgPool) {
    let app = start(&pool).await;
    let anonymous = app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let nothing = ada.get("/api/tests/statistics").await.expect(200);
    assert_eq!((&nothing["tests"], &nothing["cost"]), (&json!(0), &json!(0)));
    assert!(nothing["mostUsedModel"].is_null() && nothing["meanResponseTimeMs"].is_null());

    let mut tokens = 0;
    for model in ["mock-slow", "mock-slow", "mock", "mock-fail"] {
        let mut body = mock(model);
        body["assertions"] = json!([{"type": "is-json"}, {"type": "icontains", "value": "hello"}]);
        let test = create(&ada, body).await;
        tokens += finished(&ada, &test).await["tokenCount"].as_i64().unwrap_or(0);
    }
    let eve = anonymous.forwarded_for(&user("eve"));
    create(&eve, mock("mock")).await;
    // One of them is of a model without a price.
    sqlx::raw_sql(
        "update tests set cost = null, price_version = null
         where model_name = 'mock' and score is not null;
         update tests set cost = 0.0000125, response_time_ms = 300 where model_name = 'mock-slow';
         update tests set response_time_ms = 0 where model_name = 'mock';",
    )
    .execute(&pool)
    .await
    .unwrap();

    let mine = ada.get("/api/tests/statistics").await.expect(200);
    let counts: Vec<&Value> = ["tests", "completed", "failed", "cancelled", "unpriced"]
        .iter()
        .map(|f| &mine[f])
        .collect();
    assert_eq!(counts, [4, 3, 1, 0, 1]);
    assert_eq!(mine["tokenCount"], tokens);
    assert_eq!(mine["inputTokens"], 9);
    assert_eq!(mine["cost"], 0.000025);
    assert_eq!(mine["meanScore"], 0.5);
    assert_eq!(mine["meanResponseTimeMs"], 200.0);
    let most = json!({"modelProvider": "MOCK", "modelName": "mock-slow", "tests": 2});
    assert_eq!(mine["mostUsedModel"], most);
    assert!(mine.get("byVersion").is_none());
    assert_eq!(eve.get("/api/tests/statistics").await.expect(200)["tests"], 1);
    anonymous.get("/api/tests/statistics").await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn of_one_prompt_they_are_told_by_version(pool: PgPool) {
    let prompts = PromptService::start().await;
    let app = start_with(&pool, &[("PROMPT_SERVICE_URL", &prompts.url)]).await;
    let client = app.anonymous().forwarded_for(&prompts.author);
    for (version, model) in [(1, "mock"), (2, "mock"), (2, "mock-fail")] {
        let body = json!({
            "promptId": prompts.prompt, "version": version, "variables": {"name": "Ada"},
            "modelProvider": "MOCK", "modelName": model,
            "assertions": [{"type": "contains", "value": format!("Version {version}")}],
        });
        let test = create(&client, body).await;
        finished(&client, &test).await;
    }
    create(&client, mock("mock")).await;
    let path = format!("/api/tests/statistics?promptId={}", prompts.prompt);
    let statistics = client.get(&path).await.expect(200);
    assert_eq!(statistics["tests"], 3);
    let versions = statistics["byVersion"].as_array().unwrap();
    let seen: Vec<_> = versions
        .iter()
        .map(|v| {
            [&v["version"], &v["tests"], &v["completed"], &v["failed"]].map(|n| n.as_i64().unwrap())
        })
        .collect();
    assert_eq!(seen, [[2, 2, 1, 1], [1, 1, 1, 0]]);
    assert_eq!(versions[0]["meanScore"], 1.0);

    let absent = format!("/api/tests/statistics?promptId={}", PromptId::new());
    let statistics = client.get(&absent).await.expect(200);
    assert_eq!((&statistics["tests"], &statistics["byVersion"]), (&json!(0), &json!([])));
    client.get("/api/tests/statistics?promptId=x").await.expect_problem(400, "VALIDATION_FAILED");
}
