//! Health and metrics, and the description of every route.

use sqlx::PgPool;
use testkit::{DatabaseSwitch, eventually, user};

use crate::support::{create, mock, path, start};

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn health_ready_and_metrics_answer(pool: PgPool) {
    let app = start(&pool).await;
    let client = app.anonymous();
    for path in ["/health", "/health/live"] {
        let health = client.get(path).await.expect(200);
        assert_eq!(health["service"], "test");
        assert_eq!(health["status"], "UP");
    }
    let ready = client.get("/health/ready").await.expect(200);
    assert_eq!(ready["checks"][0]["name"], "postgres");
    let ada = client.forwarded_for(&user("ada")).with_header("prefer", "wait=20");
    create(&ada, mock("mock")).await;
    let metrics = client.get("/metrics").await;
    for name in [
        "test_attempts_total{provider=\"MOCK\",outcome=\"completed\"}",
        "test_provider_duration_seconds_bucket{provider=\"MOCK\",le=\"120\"}",
        "tests_waiting ",
        "tests_running ",
        "tests_oldest_waiting_seconds ",
    ] {
        assert!(metrics.text.contains(name), "{name} in {}", metrics.text);
    }
    assert!(metrics.text.contains("http_requests_total"), "{}", metrics.text);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn without_its_database_the_service_answers_503_and_recovers_by_itself(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let app = start(&pool).await;
    let client = app.anonymous().forwarded_for(&user("ada"));
    let test = path(&create(&client, mock("mock")).await);

    database.off().await;
    let away = client.get(&test).await;
    assert_eq!(away.headers["retry-after"], "1");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client.get("/health/ready").await.expect(503);
    client.get("/health/live").await.expect(200);

    database.on().await;
    eventually("the service to recover", || async {
        (client.get(&test).await.status == 200).then_some(())
    })
    .await;
    client.get("/health/ready").await.expect(200);
}

#[sqlx::test(migrator = "test_service::MIGRATOR")]
async fn every_route_is_described(pool: PgPool) {
    let app = start(&pool).await;
    let api = app.anonymous().get("/api-docs/openapi.json").await.expect(200);
    for (path, method) in [
        ("/api/tests", "post"),
        ("/api/tests/{id}", "get"),
        ("/api/tests/prompt/{promptId}", "get"),
        ("/api/tests/user/{userId}", "get"),
        ("/api/tests/providers", "get"),
        ("/api/tests/{id}/cancel", "post"),
        ("/api/tests/{id}/stream", "get"),
        ("/api/tests/statistics", "get"),
        ("/api/tests/comparisons", "post"),
        ("/api/tests/comparisons", "get"),
        ("/api/tests/comparisons/{id}", "get"),
        ("/api/tests/comparisons/{id}/repeat", "post"),
        ("/api/tests/datasets", "post"),
        ("/api/tests/datasets", "get"),
        ("/api/tests/datasets/{id}", "get"),
        ("/api/tests/datasets/{id}", "delete"),
        ("/api/tests/datasets/{id}/runs", "post"),
        ("/api/tests/datasets/{id}/runs", "get"),
        ("/api/tests/runs/{id}", "get"),
        ("/api/tests/runs/{id}/results", "get"),
        ("/api/tests/runs/{id}/compare", "get"),
        ("/api/tests/runs/{id}/cancel", "post"),
    ] {
        assert!(api["paths"][path][method].is_object(), "{method} {path}");
    }
    let create = &api["paths"]["/api/tests"]["post"]["responses"];
    for status in ["201", "400", "401", "403", "404", "422", "429", "503"] {
        assert!(create[status].is_object(), "{status}");
    }
}
