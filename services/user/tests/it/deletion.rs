//! `DELETE /users/me`, and the calls that make other services forget the account.

use std::sync::{
    Arc, Mutex,
    atomic::{AtomicBool, Ordering},
};

use auth::identity::X_INTERNAL_TOKEN;
use axum::{
    Router,
    extract::{Path, State},
    http::{HeaderMap, StatusCode},
    routing,
};
use http::Method;
use ids::UserId;
use internal_api::{Call, prompt::ForgetUser};
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, INTERNAL_TOKEN, eventually};
use tokio::net::TcpListener;

use crate::support::{
    NOWHERE, PASSWORD, Person, join, join_admin, start, start_with_broker, start_with_settings,
    try_login, try_refresh, usernames,
};

/// A stand-in for a service that has to forget users.
#[derive(Clone, Default)]
struct ForgettingService {
    told: Arc<Mutex<Vec<UserId>>>,
    is_failing: Arc<AtomicBool>,
}

impl ForgettingService {
    async fn start(&self) -> String {
        async fn forget(
            State(prompts): State<ForgettingService>,
            Path(id): Path<UserId>,
            headers: HeaderMap,
        ) -> StatusCode {
            assert_eq!(headers[&X_INTERNAL_TOKEN], INTERNAL_TOKEN);
            prompts.told.lock().unwrap().push(id);
            match prompts.is_failing.load(Ordering::Relaxed) {
                true => StatusCode::INTERNAL_SERVER_ERROR,
                false => StatusCode::NO_CONTENT,
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router =
            Router::new().route(ForgetUser::PATH, routing::delete(forget)).with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        url
    }

    /// Waits until the service was told of a user `times` times.
    async fn until_told(&self, id: UserId, times: usize) {
        eventually("the prompt service to be told", || async {
            let told = self.told.lock().unwrap();
            (told.iter().filter(|told| **told == id).count() >= times).then_some(())
        })
        .await;
    }
}

async fn delete(person: &Person, password: &str) -> Answer {
    let body = json!({"password": password}).to_string();
    person.client.raw(Method::DELETE, "/users/me", "application/json", &body).await
}

async fn count_due(pool: &PgPool) -> i64 {
    sqlx::query_scalar("select count(*) from account_deletions").fetch_one(pool).await.unwrap()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_deleted_account_is_gone_with_all_that_was_its_own(pool: PgPool) {
    let prompts = ForgettingService::default();
    let url = prompts.start().await;
    let fixture = start_with_settings(&pool, &[("PROMPT_SERVICE_URL", &url)]).await;
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    for (who, whom) in [(&ada, &eve), (&eve, &ada)] {
        who.client.post(&format!("/users/follow/{}", whom.id), ()).await.expect(200);
    }
    let gone = delete(&ada, PASSWORD).await.expect(200);
    assert_eq!((&gone["username"], &gone["email"]), (&json!("ada"), &json!("ada@example.com")));

    let anonymous = fixture.app.anonymous();
    anonymous.get(&format!("/users/{}", ada.id)).await.expect_problem(404, "USER_NOT_FOUND");
    assert_eq!(try_login(&anonymous, "ada", PASSWORD).await, 401);
    assert_eq!(try_refresh(&anonymous, ada.refresh_token()).await, 401);
    let stats = anonymous.get(&format!("/users/stats/{}", eve.id)).await.expect(200);
    assert_eq!((&stats["followersCount"], &stats["followingCount"]), (&json!(0), &json!(0)));
    let followers = anonymous.get(&format!("/users/followers/{}", eve.id)).await.expect(200);
    assert!(usernames(&followers).is_empty());
    let left: i64 = sqlx::query_scalar(
        "select (select count(*) from sessions where user_id = $1)
              + (select count(*) from follows where follower_id = $1 or followee_id = $1)",
    )
    .bind(ada.id)
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(left, 0);
    prompts.until_told(ada.id, 1).await;

    // The username and the address are free again, for another user.
    let newcomer = join(&fixture, "ada").await;
    assert_ne!(newcomer.id, ada.id);
    delete(&ada, PASSWORD).await.expect_problem(404, "USER_NOT_FOUND");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn it_takes_the_password(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let problem = delete(&ada, "guessed").await.expect_problem(403, "WRONG_PASSWORD");
    assert_eq!(Answer::bad_fields(&problem), ["password"]);
    let json = "application/json";
    let empty = ada.client.raw(Method::DELETE, "/users/me", json, "{}").await;
    assert_eq!(Answer::bad_fields(&empty.expect_problem(400, "VALIDATION_FAILED")), ["password"]);
    ada.client.delete("/users/me").await.expect_problem(415, "UNSUPPORTED_MEDIA_TYPE");
    let anonymous = fixture.app.anonymous();
    let body = r#"{"password":"correct horse"}"#;
    anonymous
        .raw(Method::DELETE, "/users/me", json, body)
        .await
        .expect_problem(401, "AUTHENTICATION_REQUIRED");
    ada.client.get("/users/me").await.expect(200);
    assert_eq!(count_due(&pool).await, 0);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_last_administrator_stays(pool: PgPool) {
    let fixture = start(&pool).await;
    let root = join_admin(&fixture, &pool, "boss").await;
    delete(&root, PASSWORD).await.expect_problem(409, "LAST_ADMIN");
    root.client.get("/users/me").await.expect(200);
    let second = join_admin(&fixture, &pool, "second").await;
    delete(&root, PASSWORD).await.expect(200);
    delete(&second, PASSWORD).await.expect_problem(409, "LAST_ADMIN");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_prompt_service_is_told_whatever_was_away_or_died(pool: PgPool) {
    let fixture = start_with_settings(&pool, &[("PROMPT_SERVICE_URL", NOWHERE)]).await;
    let ada = join(&fixture, "ada").await;
    delete(&ada, PASSWORD).await.expect(200);
    // The process that deleted the account dies before it told another service.
    fixture.app.stop().await;
    assert_eq!(count_due(&pool).await, 1);
    // The process may have died with a claim, which is its own for a minute.
    sqlx::query("update account_deletions set next_attempt_at = now()")
        .execute(&pool)
        .await
        .unwrap();

    let prompts = ForgettingService::default();
    prompts.is_failing.store(true, Ordering::Relaxed);
    let url = prompts.start().await;
    let _restarted =
        start_with_broker(&pool, &fixture.broker, &[("PROMPT_SERVICE_URL", &url)]).await;
    prompts.until_told(ada.id, 2).await;
    assert_eq!(count_due(&pool).await, 1, "an answer that it failed is not one");
    prompts.is_failing.store(false, Ordering::Relaxed);
    let told = prompts.told.lock().unwrap().len();
    prompts.until_told(ada.id, told + 1).await;

    // The service is told once more when the last access token, which could still write, has expired;
    // then the deletion is done.
    sqlx::query("update account_deletions set requested_at = now() - interval '20 minutes'")
        .execute(&pool)
        .await
        .unwrap();
    let told = prompts.told.lock().unwrap().len();
    eventually("the end of it", || async {
        sqlx::query("update account_deletions set next_attempt_at = now()")
            .execute(&pool)
            .await
            .unwrap();
        (count_due(&pool).await == 0).then_some(())
    })
    .await;
    assert!(prompts.told.lock().unwrap().len() > told);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn people_who_follow_each_other_can_go_at_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut people = Vec::new();
    for i in 0..6 {
        people.push(join(&fixture, &format!("user{i}")).await);
    }
    for one in &people {
        for other in people.iter().filter(|other| other.id != one.id) {
            one.client.post(&format!("/users/follow/{}", other.id), ()).await.expect(200);
        }
    }
    let mut calls = Vec::new();
    for person in &people {
        let client = person.client.clone();
        let body = json!({"password": PASSWORD}).to_string();
        calls.push(tokio::spawn(async move {
            client.raw(Method::DELETE, "/users/me", "application/json", &body).await.status
        }));
    }
    for call in calls {
        assert_eq!(call.await.unwrap(), 200);
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_marketplace_is_told_too_and_both_until_they_have_answered(pool: PgPool) {
    let (prompts, marketplace) = (ForgettingService::default(), ForgettingService::default());
    marketplace.is_failing.store(true, Ordering::Relaxed);
    let (prompts_url, marketplace_url) = (prompts.start().await, marketplace.start().await);
    let settings =
        [("PROMPT_SERVICE_URL", &*prompts_url), ("MARKETPLACE_SERVICE_URL", &*marketplace_url)];
    let fixture = start_with_settings(&pool, &settings).await;
    let ada = join(&fixture, "ada").await;
    delete(&ada, PASSWORD).await.expect(200);
    marketplace.until_told(ada.id, 2).await;
    prompts.until_told(ada.id, 2).await;
    let told = "account_deletions where next_attempt_at > now() + interval '10 minutes'";
    let count = async || -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {told}"));
        sqlx::query_scalar(sql).fetch_one(&pool).await.unwrap()
    };
    assert_eq!(count().await, 0);
    marketplace.is_failing.store(false, Ordering::Relaxed);
    eventually("both to have answered", || async { (count().await == 1).then_some(()) }).await;
}
