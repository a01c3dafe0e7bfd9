//! Health, settings, and what the framework answers by itself.

use http::Method;
use http_kit::config::Env;
use marketplace_service::Config;
use serde_json::json;
use sqlx::PgPool;
use testkit::{DatabaseSwitch, eventually, user};

use crate::support::{path_of, start};

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn health_ready_metrics_and_the_description_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    for path in ["/health", "/health/live"] {
        let health = client.get(path).await.expect(200);
        assert_eq!(health["service"], "marketplace");
        assert_eq!(health["status"], "UP");
    }
    let ready = client.get("/health/ready").await.expect(200);
    assert_eq!(ready["checks"][0]["name"], "postgres");
    let metrics = client.get("/metrics").await;
    assert!(metrics.text.contains("http_requests_total"), "{}", metrics.text);

    let api = client.get("/api-docs/openapi.json").await.expect(200);
    assert_eq!(api["components"]["schemas"]["Money"]["type"], "number");
    for (path, method) in [
        ("/api/marketplace/listings", "post"),
        ("/api/marketplace/listings", "get"),
        ("/api/marketplace/listings/{id}", "put"),
        ("/api/marketplace/listings/{id}", "delete"),
        ("/api/marketplace/listings/{id}/pause", "post"),
        ("/api/marketplace/listings/{id}/activate", "post"),
        ("/api/marketplace/purchase", "post"),
        ("/api/marketplace/transactions/{id}", "get"),
        ("/api/marketplace/transactions/{id}/refund", "post"),
        ("/api/marketplace/licenses/{id}/prompt", "get"),
        ("/api/marketplace/licenses/verify/{licenseKey}", "get"),
        ("/api/marketplace/revenue/{sellerId}", "get"),
    ] {
        let operation = &api["paths"][path][method];
        assert!(operation["description"].is_string(), "{method} {path}");
    }
    let header = &api["paths"]["/api/marketplace/purchase"]["post"]["parameters"][0];
    assert_eq!(header["name"], "Idempotency-Key");
    assert_eq!(header["in"], "header");
    assert_eq!(header["required"], false);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_framework_s_own_refusals_are_problems_too(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.client(&user("bob"));
    let (json, path) = ("application/json", "/api/marketplace/purchase");
    client.get("/api/marketplace/nothing").await.expect_problem(404, "ROUTE_NOT_FOUND");
    client.delete(path).await.expect_problem(405, "METHOD_NOT_ALLOWED");
    client
        .raw(Method::POST, path, "text/plain", "{}")
        .await
        .expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    client.raw(Method::POST, path, json, "{").await.expect_problem(400, "MALFORMED_JSON");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn identity_headers_count_only_beside_the_internal_token(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let forged = fixture
        .app
        .anonymous()
        .with_header("x-user-id", &bob.id.to_string())
        .with_header("x-username", "bob")
        .with_header("x-user-roles", "USER,ADMIN");
    let path = format!("/api/marketplace/revenue/{}", bob.id);
    forged.get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let guessed = forged.with_header("x-internal-token", "internal-token-of-the-testz");
    guessed.get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[test]
fn every_bad_setting_is_named() {
    let mut env = Env::with([
        ("DATABASE_URL", "nowhere"),
        ("INTERNAL_TOKEN", "short"),
        ("PROMPT_SERVICE_URL", "prompt:9002"),
        ("PLATFORM_FEE_PERCENT", "110"),
        ("PAYMENT_TIMEOUT_MS", "20000"),
        ("PAYMENT_SETTLE_EVERY_MS", "0"),
        ("PROMPT_STEP_RETRY_MS", "soon"),
        ("LISTING_RATING_AGE_MS", "0"),
    ]);
    let config = Config::read(&mut env);
    let problems = env.finish(config).err().unwrap().to_string();
    for name in [
        "DATABASE_URL",
        "INTERNAL_TOKEN",
        "PROMPT_SERVICE_URL",
        "PLATFORM_FEE_PERCENT",
        "PAYMENT_SETTLE_AFTER_MS",
        "PAYMENT_SETTLE_EVERY_MS",
        "PROMPT_STEP_RETRY_MS",
        "LISTING_RATING_AGE_MS",
    ] {
        assert!(problems.contains(name), "{name} in {problems}");
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn without_its_database_the_service_answers_503_and_recovers_by_itself(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
    let path = path_of(&listing);

    database.off().await;

    let away = client.get(&path).await;
    assert_eq!(away.headers["retry-after"], "1");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    fixture.buy(&user("bob"), &listing).await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client.get("/health/ready").await.expect(503);
    client.get("/health/live").await.expect(200);

    database.on().await;
    eventually("the service to recover", || async {
        (client.get(&path).await.status == 200).then_some(())
    })
    .await;
    client.get("/health/ready").await.expect(200);
    fixture.buy(&user("bob"), &listing).await.expect(201);
}
