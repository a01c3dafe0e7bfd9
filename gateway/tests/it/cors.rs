//! Which origins may call, and what they may read.

use axum::Router;
use http::Method;

use crate::support::{StandIn, gateway, start};

/// The headers that real clients send, and one that nobody has thought of.
const ASKED: &str = "authorization,content-type,if-match,idempotency-key,x-user-id,x-username,\
    last-event-id,cache-control,x-anything";

#[tokio::test]
async fn the_react_client_may_call_and_read_what_it_needs() {
    for origin in ["http://localhost:3000", "http://localhost:5173"] {
        may_call(origin).await;
    }
}

async fn may_call(origin: &'static str) {
    let fixture = start().await;
    let browser = fixture.client().with_header("origin", origin);
    let preflight = browser
        .with_header("access-control-request-method", "PUT")
        .with_header("access-control-request-headers", ASKED);
    let answer = preflight.try_call(Method::OPTIONS, "/prompts/1", None::<&()>).await.unwrap();
    assert_eq!(answer.status, 200);
    assert_eq!(answer.headers["access-control-allow-origin"], origin);
    let allowed = answer.headers["access-control-allow-headers"].to_str().unwrap();
    assert_eq!(answer.headers["access-control-allow-credentials"], "true");
    for name in ASKED.split(',') {
        assert!(allowed.contains(name), "{name} in {allowed}");
    }
    let answer = browser.get("/prompts/public").await;
    assert_eq!(answer.headers["access-control-allow-origin"], origin);
    let exposed = answer.headers["access-control-expose-headers"].to_str().unwrap().to_owned();
    assert!(exposed.contains("etag") && exposed.contains("location"), "{exposed}");
    answer.expect(200);
    // A refusal by the gateway itself can be read, too.
    let refused = browser.with_bearer("bad").get("/prompts/public").await;
    assert_eq!(refused.headers["access-control-allow-origin"], origin);
    refused.expect_problem(401, "INVALID_TOKEN");
}

#[tokio::test]
async fn other_origins_get_no_leave() {
    let fixture = start().await;
    let browser = fixture.client().with_header("origin", "http://evil.example");
    let answer = browser.get("/prompts/public").await;
    assert!(!answer.headers.contains_key("access-control-allow-origin"));
}

#[tokio::test]
async fn a_service_s_own_leave_does_not_pass() {
    let answer = async || {
        [
            ("access-control-allow-origin", "*"),
            ("access-control-allow-credentials", "true"),
            ("access-control-expose-headers", "x-secret"),
        ]
    };
    let service = StandIn::start(Router::new().fallback(answer)).await;
    let gateway = gateway(&[("PROMPT", &service.url)]).await;
    let anonymous = gateway.anonymous();
    let evil = anonymous.with_header("origin", "http://evil.example");
    let react = anonymous.with_header("origin", "http://localhost:3000");
    for client in [&anonymous, &evil] {
        let answer = client.get("/prompts/public").await;
        assert!(!answer.headers.contains_key("access-control-allow-origin"));
        let exposed = answer.headers.get("access-control-expose-headers");
        assert!(exposed.is_none_or(|exposed| exposed != "x-secret"), "{exposed:?}");
    }
    let answer = react.get("/prompts/public").await;
    let origins: Vec<_> = answer.headers.get_all("access-control-allow-origin").iter().collect();
    assert_eq!(origins, ["http://localhost:3000"]);
}
