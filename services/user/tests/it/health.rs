//! Health, metrics, problems of the framework, and an outage of the database.

use http::Method;
use sqlx::PgPool;
use testkit::{DatabaseSwitch, eventually};

use crate::support::{ada, register, start};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn health_ready_and_metrics_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    for path in ["/health", "/health/live", "/auth/health"] {
        let health = client.get(path).await.expect(200);
        assert_eq!(health["service"], "user");
        assert_eq!(health["status"], "UP");
    }
    let ready = client.get("/health/ready").await.expect(200);
    assert_eq!(ready["checks"][0]["name"], "postgres");
    let metrics = client.get("/metrics").await;
    assert!(metrics.text.contains("http_requests_total"), "{}", metrics.text);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_framework_s_own_refusals_are_problems_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    client.get("/nothing/here").await.expect_problem(404, "ROUTE_NOT_FOUND");
    client.delete("/auth/login").await.expect_problem(405, "METHOD_NOT_ALLOWED");
    let json = "application/json";
    client
        .raw(Method::POST, "/auth/login", "text/plain", "{}")
        .await
        .expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    client
        .raw(Method::POST, "/auth/login", json, "{\"email\":")
        .await
        .expect_problem(400, "MALFORMED_JSON");
    let large = format!("{{\"email\":\"{}\"}}", "a".repeat(2 * 1024 * 1024));
    client
        .raw(Method::POST, "/auth/login", json, &large)
        .await
        .expect_problem(413, "BODY_TOO_LARGE");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn without_its_database_the_service_answers_503_and_recovers_by_itself(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let session = register(&client, ada()).await;
    let profile = format!("/users/{}", session["user"]["id"].as_str().unwrap());

    database.off().await;

    let away = client.get(&profile).await;
    assert_eq!(away.headers["retry-after"], "1");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client.get("/health/ready").await.expect(503);
    client.get("/health/live").await.expect(200);

    database.on().await;
    eventually("the service to recover", || async {
        (client.get(&profile).await.status == 200).then_some(())
    })
    .await;
    client.get("/health/ready").await.expect(200);
}
