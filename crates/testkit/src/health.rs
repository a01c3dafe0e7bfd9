//! Checks of what every service has: health, readiness, metrics, the refusals of the framework, and the
//! answers while its database is away.

use http::Method;

use crate::{Client, TestApp, eventually};

const JSON: &str = "application/json";

/// Checks health at `/health`, `/health/live` and `also_at`, readiness, metrics and the API description
/// of the service `name`.
///
/// # Panics
/// When one of them is not as every service has it.
pub async fn check(app: &TestApp, name: &str, also_at: &[&str]) {
    let client = app.anonymous();
    for path in ["/health", "/health/live"].iter().chain(also_at) {
        let health = client.get(path).await.expect(200);
        assert_eq!(health["service"], name, "{path}");
        assert_eq!(health["status"], "UP", "{path}");
        assert!(health["version"].is_string(), "{path}");
    }
    // A service that has just started may still prepare something.
    let ready = eventually("the service to be ready", || async {
        let ready = client.get("/health/ready").await;
        (ready.status == 200).then_some(ready.json)
    })
    .await;
    assert_eq!(ready["status"], "UP");
    let postgres = &ready["checks"][0];
    assert_eq!(postgres["name"], "postgres");
    assert_eq!((&postgres["status"], &postgres["required"]), (&"UP".into(), &true.into()));
    let metrics = client.get("/metrics").await;
    assert!(metrics.text.contains("http_requests_total"), "{}", metrics.text);
    let api = client.get("/api-docs/openapi.json").await.expect(200);
    assert!(api["paths"].as_object().is_some_and(|paths| !paths.is_empty()), "{api}");
}

/// Checks the answers while the database is away: `path` and readiness answer 503, liveness 200.
///
/// An answer that was kept before the outage may still be given for a moment, so the 503 is awaited.
///
/// # Panics
/// When one of them answers otherwise.
pub async fn is_away(client: &Client, path: &str) {
    let away = eventually("an answer without the database", || async {
        let answer = client.get(path).await;
        (answer.status != 200).then_some(answer)
    })
    .await;
    assert_eq!(away.headers["retry-after"], "1", "{path}");
    away.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    let ready = client.get("/health/ready").await;
    assert_eq!(ready.headers["retry-after"], "1");
    let ready = ready.expect(503);
    assert_eq!(ready["status"], "DOWN");
    assert_eq!(ready["checks"][0]["status"], "DOWN", "{ready}");
    client.get("/health/live").await.expect(200);
}

/// Waits until `path` answers 200 and the service is ready again.
///
/// Readiness is awaited too: `path` may answer what was kept, and a check may get a connection that the database
/// has closed since.
///
/// # Panics
/// When the service does not recover.
pub async fn is_back(client: &Client, path: &str) {
    for path in [path, "/health/ready"] {
        eventually("the service to recover", || async {
            (client.get(path).await.status == 200).then_some(())
        })
        .await;
    }
}

/// Checks the refusals that need no body: of paths that do not exist, and of `DELETE` at `path`.
///
/// # Panics
/// When one of them is not the problem that every service answers.
pub async fn refuses_unknown(client: &Client, path: &str) {
    for absent in ["/nothing/here", &format!("{path}/nothing/here")] {
        client.get(absent).await.expect_problem(404, "ROUTE_NOT_FOUND");
    }
    client.delete(path).await.expect_problem(405, "METHOD_NOT_ALLOWED");
}

/// Checks the refusals of [`refuses_unknown`], and of bodies that `POST post_path` cannot read.
///
/// # Panics
/// When one of them is not the problem that every service answers.
pub async fn refuses(client: &Client, post_path: &str) {
    refuses_unknown(client, post_path).await;
    let large = format!("{{\"text\":\"{}\"}}", "a".repeat(2 * 1024 * 1024));
    for (content_type, body, status, code) in [
        ("text/plain", "{}", 415, "UNSUPPORTED_MEDIA_TYPE"),
        (JSON, "{", 400, "MALFORMED_JSON"),
        (JSON, "{\"text\":", 400, "MALFORMED_JSON"),
        (JSON, &large, 413, "BODY_TOO_LARGE"),
    ] {
        let answer = client.raw(Method::POST, post_path, content_type, body).await;
        answer.expect_problem(status, code);
    }
}
