use axum::{Json, Router, routing::get};
use serde_json::json;

use crate::support::{StandIn, gateway, start};

#[tokio::test]
async fn one_page_shows_all_five_services() {
    let fixture = start().await;
    let client = fixture.client();
    let page = client.get("/swagger-ui/").await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("swagger-ui"), "{}", page.text);
    let script = client.get("/swagger-ui/swagger-initializer.js").await;
    for service in ["user", "prompt", "test", "marketplace", "analytics"] {
        assert!(script.text.contains(&format!("/api-docs/{service}.json")), "{}", script.text);
    }
}

#[tokio::test]
async fn a_description_comes_from_the_service_itself() {
    let described = Router::new()
        .route("/api-docs/openapi.json", get(|| async { Json(json!({"openapi": "3.1.0"})) }));
    let users = StandIn::start(described).await;
    let gateway = gateway(&[("USER", &users.url)]).await;
    let client = gateway.anonymous();
    assert_eq!(client.get("/api-docs/user.json").await.expect(200)["openapi"], "3.1.0");
    client.get("/api-docs/prompt.json").await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    client.get("/api-docs/other.json").await.expect_problem(404, "ROUTE_NOT_FOUND");
}
