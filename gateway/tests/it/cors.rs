use http::Method;

use crate::support::start;

#[tokio::test]
async fn the_react_client_may_call_and_read_what_it_needs() {
    let fixture = start().await;
    let browser = fixture.client().with_header("origin", "http://localhost:3000");
    let preflight = browser
        .with_header("access-control-request-method", "PUT")
        .with_header("access-control-request-headers", "authorization,content-type,if-match");
    let answer = preflight.try_call(Method::OPTIONS, "/prompts/1", None::<&()>).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], "http://localhost:3000");
    let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
    for name in ["authorization", "content-type", "if-match", "idempotency-key"] {
        assert!(allowed.contains(name), "{name} in {allowed}");
    }
    let answer = browser.get("/prompts/public").await;
    assert_eq!(answer.headers["access-control-allow-origin"], "http://localhost:3000");
    let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap().to_owned();
    assert!(exposed.contains("etag") && exposed.contains("location"), "{exposed}");
    answer.expect(200);
    // A refusal of the gateway's own can be read, too.
    let refused = browser.with_bearer("bad").get("/prompts/public").await;
    assert_eq!(refused.headers["access-control-allow-origin"], "http://localhost:3000");
    refused.expect_problem(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn other_origins_get_no_leave() {
    let fixture = start().await;
    let browser = fixture.client().with_header("origin", "http://evil.example");
    let answer = browser.get("/prompts/public").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}
