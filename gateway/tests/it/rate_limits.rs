//! Rate limits, as clients see them. Time passes only when a test says so.

use std::{sync::atomic::Ordering, time::Duration};

use auth::{Role, Signer};
use axum::{Router, routing};
use futures_util::future::join_all;
use gateway::LimitClock;
use governor::clock::FakeRelativeClock;
use http::{HeaderMap, Method, StatusCode};
use ids::{SessionId, UserId};
use internal_api::user::revocations::PATH;
use serde_json::json;
use testkit::{Answer, Client, TestApp};

use crate::support::{StandIn, gateway_with, keys, signer};

/// A gateway with limits of its own before an echoing user service and an echoing prompt service.
struct Limited {
    gateway: TestApp,
    clock: FakeRelativeClock,
    users: StandIn,
    prompts: StandIn,
    signer: Signer,
}

async fn limited(settings: &[(&str, &str)]) -> Limited {
    let signer = signer();
    let echo = || async { "echo" };
    let revocations = routing::get(|| async { StatusCode::NOT_FOUND });
    let router = keys(&signer).route(PATH, revocations).fallback(echo);
    let users = StandIn::start(router).await;
    let prompts = StandIn::echo().await;
    let clock = FakeRelativeClock::default();
    let upstreams =
        [("USER", users.url.as_str()), ("PROMPT", &prompts.url), ("TEST", &prompts.url)];
    let mut all = vec![("TRUSTED_PROXIES", "127.0.0.1")];
    all.extend(settings);
    let gateway = gateway_with(&upstreams, &all, LimitClock::Manual(clock.clone())).await;
    Limited { gateway, clock, users, prompts, signer }
}

impl Limited {
    /// Returns a client that is not signed in, at an address.
    fn at(&self, address: &str) -> Client {
        self.gateway.anonymous().with_header("x-forwarded-for", address)
    }

    /// Returns a client with a new token of a user, at an address.
    fn user_at(&self, user: UserId, address: &str) -> Client {
        let token = self.signer.sign(user, "ada", &[Role::User], SessionId::new()).unwrap();
        self.at(address).with_bearer(&token)
    }

    fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> &'h str {
    headers.get(name).map_or("", |value| value.to_str().unwrap())
}

/// Returns `RateLimit` and `Retry-After` of an answer.
fn limit_headers(answer: &Answer) -> (u16, &str, &str) {
    (
        answer.status.as_u16(),
        text(&answer.headers, "ratelimit"),
        text(&answer.headers, "retry-after"),
    )
}

async fn log_in(client: &Client, path: &str) -> Answer {
    client.post(path, json!({"email": "ada", "password": "guess"})).await
}

#[tokio::test]
async fn every_answer_says_what_is_left_and_a_refusal_how_long_to_wait() {
    let limited = limited(&[("RATE_LIMIT_LOGIN", "3/min")]).await;
    let client = limited.at("203.0.113.1");
    for expected in [r#""login";r=2;t=20"#, r#""login";r=1;t=40"#, r#""login";r=0;t=60"#] {
        let answer = log_in(&client, "/auth/login").await;
        assert_eq!(limit_headers(&answer), (200, expected, ""));
        assert_eq!(text(&answer.headers, "ratelimit-policy"), r#""login";q=3;w=60"#);
    }
    limited.clock.advance(Duration::from_millis(500));
    let refused = log_in(&client, "/auth/login").await;
    // 19.5 s are rounded up.
    assert_eq!(limit_headers(&refused), (429, r#""login";r=0;t=60"#, "20"));
    assert_eq!(text(&refused.headers, "ratelimit-policy"), r#""login";q=3;w=60"#);
    refused.expect_problem(429, "TOO_MANY_REQUESTS");
    limited.clock.advance(Duration::from_millis(19_499));
    assert_eq!(limit_headers(&log_in(&client, "/auth/login").await).2, "1");
    limited.clock.advance(Duration::from_millis(1));
    assert_eq!(
        limit_headers(&log_in(&client, "/auth/login").await),
        (200, r#""login";r=0;t=60"#, "")
    );
}

#[tokio::test]
async fn being_refused_does_not_prolong_the_wait() {
    let limited = limited(&[("RATE_LIMIT_READS", "2/min")]).await;
    let user = UserId::new();
    let client = limited.user_at(user, "203.0.113.1");
    for _ in 0..2 {
        client.get("/prompts/public").await.expect(200);
    }
    for _ in 0..50 {
        assert_eq!(limit_headers(&client.get("/prompts/public").await).2, "30");
    }
    limited.advance(30);
    client.get("/prompts/public").await.expect(200);
    // Refused for the user, elsewhere: that address pays for none of it.
    for _ in 0..50 {
        let elsewhere = limited.user_at(user, "203.0.113.2").get("/prompts/public").await;
        elsewhere.expect_problem(429, "TOO_MANY_REQUESTS");
    }
    let stranger = limited.at("203.0.113.2").get("/prompts/public").await;
    assert_eq!(limit_headers(&stranger), (200, r#""reads";r=1;t=30"#, ""));
}

#[tokio::test]
async fn aliases_and_spellings_of_a_path_share_a_bucket() {
    let limited = limited(&[("RATE_LIMIT_LOGIN", "4/min")]).await;
    let client = limited.at("203.0.113.1");
    for (path, status) in [
        ("/auth/login", 200),
        ("/api/auth/login", 200),
        ("/auth/refresh", 200),
        ("/auth/%6Cogin", 200),
        ("/auth/login/", 429),
        ("/api/auth/refresh", 429),
        ("/auth/login?again=1", 429),
    ] {
        assert_eq!(log_in(&client, path).await.status, status, "{path}");
    }
}

#[tokio::test]
async fn a_user_has_one_bucket_whatever_the_token_and_the_address() {
    let limited = limited(&[("RATE_LIMIT_WRITES", "3/min")]).await;
    let (ada, eve) = (UserId::new(), UserId::new());
    for (i, status) in [200, 200, 200, 429].into_iter().enumerate() {
        let client = limited.user_at(ada, &format!("203.0.113.{i}"));
        assert_eq!(client.post("/prompts", json!({})).await.status, status);
    }
    // Another user at one of these addresses has two left there, and reads of those.
    let answer = limited.user_at(eve, "203.0.113.1").post("/prompts", json!({})).await;
    assert_eq!(limit_headers(&answer).1, r#""writes";r=1;t=40"#);
}

#[tokio::test]
async fn users_behind_one_address_share_its_bucket() {
    let limited = limited(&[("RATE_LIMIT_WRITES", "3/min")]).await;
    for status in [200, 200, 200, 429] {
        let client = limited.user_at(UserId::new(), "203.0.113.1");
        assert_eq!(client.post("/prompts", json!({})).await.status, status);
    }
}

#[tokio::test]
async fn a_bad_token_counts_for_its_address() {
    let limited = limited(&[("RATE_LIMIT_READS", "2/min")]).await;
    let client = limited.at("203.0.113.1").with_bearer("guess");
    for expected in [(401, r#""reads";r=1;t=30"#, ""), (401, r#""reads";r=0;t=60"#, "")] {
        assert_eq!(limit_headers(&client.get("/prompts/public").await), expected);
    }
    client.get("/prompts/public").await.expect_problem(429, "TOO_MANY_REQUESTS");
    limited.at("203.0.113.2").get("/prompts/public").await.expect(200);
}

#[tokio::test]
async fn classes_do_not_share_and_each_has_its_limit_in_production() {
    let limited = limited(&[]).await;
    let client = limited.at("203.0.113.1");
    for (method, path, policy) in [
        (Method::POST, "/auth/login", r#""login";q=20;w=60"#),
        (Method::POST, "/auth/register", r#""register";q=5;w=60"#),
        (Method::POST, "/prompts", r#""writes";q=120;w=60"#),
        (Method::PUT, "/prompts/1", r#""writes";q=120;w=60"#),
        (Method::GET, "/prompts/public", r#""reads";q=1200;w=60"#),
        (Method::POST, "/api/tests/comparisons", r#""tests";q=60;w=60"#),
        // The marketplace is away: its 503 says so, too.
        (Method::POST, "/api/marketplace/purchase", r#""purchases";q=30;w=60"#),
    ] {
        let answer = client.raw(method, path, "application/json", "{}").await;
        assert_eq!(text(&answer.headers, "ratelimit-policy"), policy, "{path}");
    }
    for expected in 0..19 {
        let left = limit_headers(&log_in(&client, "/auth/login").await).1.to_owned();
        assert!(left.starts_with(&format!(r#""login";r={};"#, 18 - expected)), "{left}");
    }
    assert_eq!(log_in(&client, "/auth/login").await.status, 429);
    client.post("/prompts", json!({})).await.expect(200);
}

#[tokio::test]
async fn preflights_health_metrics_and_descriptions_are_not_limited() {
    let limited = limited(&[("RATE_LIMIT_READS", "1/min"), ("RATE_LIMIT_WRITES", "1/min")]).await;
    let client = limited.gateway.anonymous().with_header("origin", "http://localhost:3000");
    client.get("/prompts/public").await.expect(200);
    let refused = client.get("/prompts/public").await;
    // A page may read the refusal, and what it says.
    assert_eq!(text(&refused.headers, "access-control-allow-origin"), "http://localhost:3000");
    let exposed = text(&refused.headers, "access-control-expose-headers");
    for name in ["retry-after", "ratelimit", "ratelimit-policy"] {
        assert!(exposed.split(',').any(|it| it.trim() == name), "{name} in {exposed}");
    }
    refused.expect_problem(429, "TOO_MANY_REQUESTS");
    let preflight = client.with_header("access-control-request-method", "POST");
    for _ in 0..3 {
        let answer = preflight.try_call(Method::OPTIONS, "/prompts", None::<&()>).await.unwrap();
        assert_eq!((answer.status, text(&answer.headers, "ratelimit")), (StatusCode::OK, ""));
        for path in ["/health", "/auth/health", "/metrics", "/swagger-ui/"] {
            let answer = client.get(path).await;
            assert_eq!(limit_headers(&answer), (200, "", ""), "{path}");
        }
    }
}

#[tokio::test]
async fn a_refused_request_reaches_no_service() {
    let limited = limited(&[("RATE_LIMIT_READS", "1/min"), ("RATE_LIMIT_LOGIN", "1/min")]).await;
    let client = limited.at("203.0.113.1");
    let hits = || [&limited.users, &limited.prompts].map(|it| it.hits.load(Ordering::Relaxed));
    client.get("/prompts/public").await.expect(200);
    log_in(&client, "/auth/login").await;
    let before = hits()[1];
    assert_eq!(before, 1);
    for _ in 0..5 {
        client.get("/prompts/public").await.expect_problem(429, "TOO_MANY_REQUESTS");
        log_in(&client, "/auth/login").await.expect_problem(429, "TOO_MANY_REQUESTS");
    }
    assert_eq!(hits()[1], before);
}

#[tokio::test]
async fn a_service_s_own_figures_do_not_pass_for_those_of_the_gateway() {
    let own = Router::new().fallback(|| async { [("ratelimit", "own"), ("retry-after", "7")] });
    let service = StandIn::start(own).await;
    let upstreams = [("PROMPT", service.url.as_str())];
    let limits = [("RATE_LIMIT_READS", "5/min")];
    let gateway = gateway_with(&upstreams, &limits, LimitClock::default()).await;
    let answer = gateway.anonymous().get("/prompts/public").await;
    assert_eq!(limit_headers(&answer), (200, r#""reads";r=4;t=12"#, "7"));
}

#[tokio::test]
async fn the_profiles_dev_and_off_limit_nothing_here() {
    for profile in ["dev", "off"] {
        let limited = limited(&[("RATE_LIMIT_PROFILE", profile)]).await;
        let client = limited.at("203.0.113.1");
        for _ in 0..25 {
            assert_eq!(
                limit_headers(&log_in(&client, "/auth/login").await),
                (200, "", ""),
                "{profile}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_many_requests_at_once_no_more_pass_than_are_left() {
    let limited = limited(&[("RATE_LIMIT_LOGIN", "7/min")]).await;
    let client = limited.at("203.0.113.1");
    let answers = join_all((0..50).map(|_| log_in(&client, "/auth/login"))).await;
    assert_eq!(answers.iter().filter(|answer| answer.status == 200).count(), 7);
}
