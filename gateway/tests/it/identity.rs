//! Tokens become identity headers, and nothing else does.

use std::{sync::atomic::Ordering, time::Instant};

use crate::support::{StandIn, gateway, keys, signer, signer_for, start, token};
use auth::Role;
use ids::{SessionId, UserId};
use serde_json::json;
use testkit::INTERNAL_TOKEN;

#[tokio::test]
async fn the_service_learns_who_calls_from_the_token_and_sees_the_canonical_path() {
    let fixture = start().await;
    let (id, session) = (UserId::new(), SessionId::new());
    let token = fixture.signer.sign(id, "ada", &[Role::User, Role::Admin], session).unwrap();
    let client =
        fixture.client().with_bearer(&token).with_header("x-request-id", "from-the-client");
    let answer = client.get("/api/prompts/1?version=2").await;
    assert_eq!(answer.headers["x-request-id"], "from-the-client");
    let seen = answer.expect(200);
    assert_eq!(seen["target"], "/prompts/1?version=2");
    let headers = &seen["headers"];
    assert_eq!(headers["x-user-id"], id.to_string());
    assert_eq!(headers["x-username"], "ada");
    assert_eq!(headers["x-user-roles"], "USER,ADMIN");
    assert_eq!(headers["x-session-id"], session.to_string());
    assert_eq!(headers["x-internal-token"], INTERNAL_TOKEN);
    assert_eq!(headers["x-request-id"], "from-the-client");
    assert!(headers["traceparent"].is_string());
    assert!(headers.get("authorization").is_none(), "the token goes no further");
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
}

#[tokio::test]
async fn what_a_client_says_of_itself_never_arrives() {
    let fixture = start().await;
    let forged = fixture
        .client()
        .with_header("x-user-id", "00000000-0000-0000-0000-000000000001")
        .with_header("x_user_id", "00000000-0000-0000-0000-000000000001")
        .with_header("x-username", "root")
        .with_header("x_username", "root")
        .with_header("x-user-roles", "ADMIN")
        .with_header("x-user_roles", "ADMIN")
        .with_header("x-session-id", "00000000-0000-0000-0000-000000000001")
        .with_header("x_session_id", "00000000-0000-0000-0000-000000000001")
        .with_header("x-internal-token", "guess")
        .with_header("x_internal_token", "guess")
        .with_header("x-forwarded-for", "10.0.0.1")
        .with_header("connection", "x-smuggled")
        .with_header("x-smuggled", "yes");
    let headers = forged.get("/prompts").await.expect(200)["headers"].clone();
    for name in [
        "x-user-id",
        "x_user_id",
        "x-username",
        "x_username",
        "x-user-roles",
        "x-user_roles",
        "x-session-id",
        "x_session_id",
    ] {
        assert!(headers.get(name).is_none(), "{name} arrived: {headers}");
    }
    assert_eq!(headers["x-internal-token"], INTERNAL_TOKEN);
    assert!(headers.get("x_internal_token").is_none());
    assert_eq!(headers["x-forwarded-for"], "127.0.0.1");
    assert!(headers.get("x-smuggled").is_none(), "named by Connection, so for one hop only");
}

#[tokio::test]
async fn a_bad_token_is_a_401_even_on_a_public_route() {
    let fixture = start().await;
    let (_, good) = token(&fixture.signer, &[Role::User]);
    let (_, of_another_key) = token(&signer(), &[Role::User]);
    let (_, for_another_audience) = token(&signer_for("someone-else"), &[Role::User]);
    // One character in the middle of the signature differs.
    let at = good.len() - 40;
    let other = if good.as_bytes()[at] == b'A' { 'B' } else { 'A' };
    let tampered = format!("{}{other}{}", &good[..at], &good[at + 1..]);
    for bad in [&of_another_key, &for_another_audience, &tampered, "nonsense", ""] {
        let answer = fixture.client().with_bearer(bad).get("/prompts/public").await;
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        answer.expect_problem(401, "INVALID_TOKEN");
    }
    let basic = fixture.client().with_header("authorization", "Basic YTpi");
    basic.get("/prompts/public").await.expect_problem(401, "INVALID_TOKEN");
    assert_eq!(fixture.prompts.hits.load(Ordering::Relaxed), 0, "none of them got through");
    fixture.client().with_bearer(&good).get("/prompts/public").await.expect(200);
}

#[tokio::test]
async fn without_keys_tokens_cannot_be_judged_and_public_routes_still_answer() {
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("PROMPT", &prompts.url)]).await;
    let (_, token) = token(&signer(), &[Role::User]);
    let client = gateway.anonymous();
    client.get("/prompts/public").await.expect(200);
    let answer = client.with_bearer(&token).get("/prompts/public").await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    let ready = client.get("/health/ready").await.expect(503);
    assert_eq!(
        ready["checks"][0],
        json!({
            "name": "signing keys", "status": "DOWN", "required": true,
            "latencyMs": ready["checks"][0]["latencyMs"],
        })
    );
}

#[tokio::test]
async fn internal_paths_do_not_exist() {
    let fixture = start().await;
    for path in ["/internal/prompts/1", "/internal", "/nothing"] {
        fixture.client().get(path).await.expect_problem(404, "ROUTE_NOT_FOUND");
    }
}

#[tokio::test]
async fn keys_are_fetched_again_for_an_unknown_key_but_not_for_each_forged_token() {
    let signer = signer();
    let users = StandIn::start(keys(&signer)).await;
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("USER", &users.url), ("PROMPT", &prompts.url)]).await;
    let (_, good) = token(&signer, &[Role::User]);
    gateway.anonymous().with_bearer(&good).get("/prompts").await.expect(200);
    let started = Instant::now();
    for _ in 0..20 {
        let (_, forged) = token(&crate::support::signer(), &[Role::User]);
        gateway
            .anonymous()
            .with_bearer(&forged)
            .get("/prompts")
            .await
            .expect_problem(401, "INVALID_TOKEN");
    }
    // At most once in two seconds, however many tokens there are.
    let allowed = 3 + started.elapsed().as_secs() as usize / 2;
    assert!(
        users.hits.load(Ordering::Relaxed) <= allowed,
        "a stranger must not make us ask at will"
    );
}
