//! Tokens of sessions that are over.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use auth::{Role, Signer};
use axum::{
    extract::Request,
    http::StatusCode,
    middleware::{self, Next},
    response::IntoResponse,
};
use ids::{SessionId, UserId};
use internal_api::user::revocations::PATH;
use testkit::{Client, TestApp, eventually};
use tokio::{sync::watch, time::sleep};

use crate::support::{NOWHERE, StandIn, gateway, keys, revocations, signer};

/// Starts a gateway whose user service lists the sessions in `revoked`.
struct Fixture {
    gateway: TestApp,
    users: StandIn,
    revoked: watch::Sender<Vec<SessionId>>,
    signer: Signer,
    _prompts: StandIn,
}

async fn start() -> Fixture {
    let (revoked, signer) = (watch::Sender::new(Vec::new()), signer());
    let users = StandIn::start(keys(&signer).merge(revocations(&revoked))).await;
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("USER", &users.url), ("PROMPT", &prompts.url)]).await;
    Fixture { gateway, users, revoked, signer, _prompts: prompts }
}

/// Returns a new session, and a client that is signed in with it.
fn person(gateway: &TestApp, signer: &Signer) -> (SessionId, Client) {
    let session = SessionId::new();
    let token = signer.sign(UserId::new(), "ada", &[Role::User], session).unwrap();
    (session, gateway.anonymous().with_bearer(&token))
}

/// Waits until a caller's token is refused, which must be within 2 seconds.
async fn until_refused(client: &Client) {
    let started = Instant::now();
    eventually("the token to be refused", || async {
        (client.get("/prompts/public").await.status == 401).then_some(())
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(2), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_token_of_a_session_that_is_over_is_refused_everywhere_and_no_other_is() {
    let fixture = start().await;
    let (ended, gone) = person(&fixture.gateway, &fixture.signer);
    let (_, other) = person(&fixture.gateway, &fixture.signer);
    // Verified before, and remembered.
    for client in [&gone, &other] {
        client.get("/prompts/public").await.expect(200);
    }
    let asked = fixture.users.hits.load(Ordering::Relaxed);
    fixture.revoked.send_replace(vec![SessionId::new(), ended]);
    until_refused(&gone).await;
    for path in ["/prompts/public", "/prompts/my-prompts", "/users/me", "/auth/login"] {
        let answer = gone.get(path).await;
        assert!(answer.headers["www-authenticate"].to_str().unwrap().starts_with("Bearer"));
        answer.expect_problem(401, "INVALID_TOKEN");
    }
    other.get("/prompts/public").await.expect(200);
    assert_eq!(fixture.users.hits.load(Ordering::Relaxed), asked, "no request asks");
}

#[tokio::test]
async fn what_is_known_stays_in_force_while_the_user_service_is_away() {
    let fixture = start().await;
    let (ended, gone) = person(&fixture.gateway, &fixture.signer);
    let (_, other) = person(&fixture.gateway, &fixture.signer);
    fixture.revoked.send_replace(vec![ended]);
    until_refused(&gone).await;
    drop(fixture.users);
    // Longer than the gateway takes to notice.
    for _ in 0..20 {
        sleep(Duration::from_millis(100)).await;
        gone.get("/prompts/public").await.expect_problem(401, "INVALID_TOKEN");
        other.get("/prompts/public").await.expect(200);
    }
}

#[tokio::test]
async fn an_instance_that_falls_silent_is_left_for_another() {
    let signer = signer();
    let (silent, revoked) = (watch::Sender::new(Vec::new()), watch::Sender::new(Vec::new()));
    // It keeps its connections open, and says nothing any more.
    let frozen = Arc::new(AtomicBool::new(false));
    let freeze = frozen.clone();
    let router = keys(&signer).merge(revocations(&silent)).layer(middleware::from_fn(
        move |request: Request, next: Next| {
            let freeze = freeze.clone();
            async move {
                let is_list = request.uri().path() == PATH;
                let response = next.run(request).await;
                if !is_list {
                    return response;
                }
                let lines = futures_util::StreamExt::take_while(
                    response.into_body().into_data_stream(),
                    move |_| {
                        let freeze = freeze.clone();
                        async move {
                            while freeze.load(Ordering::Relaxed) {
                                sleep(Duration::from_millis(10)).await;
                            }
                            true
                        }
                    },
                );
                axum::body::Body::from_stream(lines).into_response()
            }
        },
    ));
    let first = StandIn::start(router).await;
    let second = StandIn::start(keys(&signer).merge(revocations(&revoked))).await;
    let prompts = StandIn::echo().await;
    let urls = format!("{},{}", first.url, second.url);
    let gateway = gateway(&[("USER", &urls), ("PROMPT", &prompts.url)]).await;
    let (ended, gone) = person(&gateway, &signer);
    gone.get("/prompts/public").await.expect(200);
    frozen.store(true, Ordering::Relaxed);
    revoked.send_replace(vec![ended]);
    let started = Instant::now();
    eventually("the token to be refused", || async {
        (gone.get("/prompts/public").await.status == 401).then_some(())
    })
    .await;
    assert!(started.elapsed() < Duration::from_secs(3), "{:?}", started.elapsed());
}

#[tokio::test]
async fn before_the_first_list_no_token_can_be_judged() {
    let (revoked, signer) = (watch::Sender::new(Vec::new()), signer());
    let ill = Arc::new(AtomicBool::new(true));
    let illness = ill.clone();
    let list =
        revocations(&revoked).layer(middleware::from_fn(move |request: Request, next: Next| {
            let is_ill = illness.load(Ordering::Relaxed);
            async move {
                match is_ill {
                    true => StatusCode::SERVICE_UNAVAILABLE.into_response(),
                    false => next.run(request).await,
                }
            }
        }));
    let users = StandIn::start(keys(&signer).merge(list)).await;
    let prompts = StandIn::echo().await;
    // Another instance is away.
    let urls = format!("{NOWHERE},{}", users.url);
    let gateway = gateway(&[("USER", &urls), ("PROMPT", &prompts.url)]).await;
    let (_, client) = person(&gateway, &signer);
    let answer = client.get("/prompts/public").await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    gateway.anonymous().get("/prompts/public").await.expect(200);
    let ready = gateway.anonymous().get("/health/ready").await.expect(503);
    assert_eq!(ready["checks"][1]["name"], "revoked sessions");

    ill.store(false, Ordering::Relaxed);
    eventually("the first list", || async {
        (client.get("/prompts/public").await.status == 200).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_user_service_from_before_there_was_a_list_revokes_nothing() {
    let signer = signer();
    let users = StandIn::start(keys(&signer)).await;
    let prompts = StandIn::echo().await;
    let gateway = gateway(&[("USER", &users.url), ("PROMPT", &prompts.url)]).await;
    person(&gateway, &signer).1.get("/prompts/public").await.expect(200);
}
