//! The feed of revocations that gateways follow.

use std::{collections::HashSet, time::Duration};

use http::Method;
use ids::SessionId;
use internal_api::user::revocations::{Line, PATH};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{INTERNAL_TOKEN, TestApp};
use tokio::time::timeout;

use crate::support::{
    PASSWORD, identity, join, join_admin, sign_in, start, start_with_broker, start_with_settings,
    until_waiting,
};

/// A follower of one instance, as a gateway is.
struct Follower {
    response: reqwest::Response,
    buffer: Vec<u8>,
    revoked: HashSet<SessionId>,
}

impl Follower {
    /// Follows an instance, which may just have started.
    async fn of(app: &TestApp) -> Self {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let response = testkit::eventually("the list", || async {
            let request = client.get(format!("{}{PATH}", app.url));
            let response = request.header("x-internal-token", INTERNAL_TOKEN).send().await.unwrap();
            (response.status() == 200).then_some(response)
        })
        .await;
        Self { response, buffer: Vec::new(), revoked: HashSet::new() }
    }

    /// Returns the next line; `None` when there are no more.
    async fn line(&mut self) -> Option<Line> {
        loop {
            if let Some(end) = self.buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.buffer.drain(..=end).collect();
                return Some(serde_json::from_slice(&line).unwrap());
            }
            self.buffer.extend_from_slice(&self.response.chunk().await.ok().flatten()?);
        }
    }

    async fn read(&mut self) -> bool {
        let line = self.line().await.unwrap();
        self.revoked.extend(line.revoked.iter().map(|(sid, _)| sid));
        line.complete
    }

    /// Reads until a session is among those revoked, within two seconds.
    async fn until(&mut self, what: &str, sid: SessionId) {
        let reading = async {
            while !self.revoked.contains(&sid) {
                self.read().await;
            }
        };
        timeout(Duration::from_secs(2), reading)
            .await
            .unwrap_or_else(|_| panic!("not told: {what}"));
    }
}

fn sid(auth: &Value) -> SessionId {
    identity(auth).session.unwrap()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn followers_are_told_of_every_session_that_ends_and_of_no_other(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let boss = join_admin(&fixture, &pool, "boss").await;
    let mut follower = Follower::of(&fixture.app).await;
    assert!(follower.read().await && follower.revoked.is_empty(), "told at once that it is empty");

    let bystander = join(&fixture, "eve").await;
    let mut kept = vec![sid(&boss.auth), sid(&bystander.auth)];
    let refused = anonymous.get(PATH).await;
    refused.expect_problem(404, "ROUTE_NOT_FOUND");

    let one = join(&fixture, "one").await;
    let body = json!({"refreshToken": one.refresh_token()});
    one.client.post("/auth/logout", body).await.expect(204);
    follower.until("sign-out", sid(&one.auth)).await;

    let (one, other) = (sign_in(&fixture, "one").await, sign_in(&fixture, "one").await);
    let path = format!("/auth/sessions/{}", sid(&other.auth));
    one.client.delete(&path).await.expect(204);
    follower.until("the end of a session", sid(&other.auth)).await;
    assert!(!follower.revoked.contains(&sid(&one.auth)));

    let other = sign_in(&fixture, "one").await;
    one.client.post("/auth/logout-all", ()).await.expect(204);
    for auth in [&one.auth, &other.auth] {
        follower.until("sign-out everywhere", sid(auth)).await;
    }

    let (one, other) = (sign_in(&fixture, "one").await, sign_in(&fixture, "one").await);
    let change = json!({"currentPassword": PASSWORD, "newPassword": PASSWORD});
    one.client.post("/auth/password", change).await.expect(204);
    follower.until("another password", sid(&other.auth)).await;
    kept.push(sid(&one.auth));

    // A refresh token is used twice, as when it was stolen.
    let other = sign_in(&fixture, "one").await;
    let body = json!({"refreshToken": other.refresh_token()});
    anonymous.post("/auth/refresh", &body).await.expect(200);
    let later = "update refresh_tokens set spent_at = spent_at - interval '11 seconds'";
    sqlx::query(later).execute(&pool).await.unwrap();
    anonymous.post("/auth/refresh", &body).await.expect(401);
    follower.until("a spent refresh token", sid(&other.auth)).await;

    let (two, three) = (join(&fixture, "two").await, join(&fixture, "three").await);
    boss.client.post(&format!("/users/{}/suspend", two.id), ()).await.expect(200);
    follower.until("suspension", sid(&two.auth)).await;
    let body = json!({"password": PASSWORD}).to_string();
    three.client.raw(Method::DELETE, "/users/me", "application/json", &body).await.expect(200);
    follower.until("deletion", sid(&three.auth)).await;

    for sid in kept {
        assert!(!follower.revoked.contains(&sid), "its session goes on");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_change_of_roles_ends_the_access_tokens_and_not_the_sessions(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let boss = join_admin(&fixture, &pool, "boss").await;
    let (phone, laptop) = (join(&fixture, "ada").await, sign_in(&fixture, "ada").await);
    let mut follower = Follower::of(&fixture.app).await;
    let path = format!("/users/{}/roles", phone.id);
    boss.client.put(&path, json!({"roles": ["USER"]})).await.expect(200);
    boss.client.put(&path, json!({"roles": ["USER", "ADMIN"]})).await.expect(200);
    for auth in [&phone.auth, &laptop.auth] {
        follower.until("another role", sid(auth)).await;
    }
    assert_eq!(follower.revoked.len(), 2, "the same roles again changed nothing");

    let body = json!({"refreshToken": phone.refresh_token()});
    let auth = anonymous.post("/auth/refresh", body).await.expect(200);
    assert_eq!(auth["user"]["roles"], json!(["USER", "ADMIN"]));
    assert!(!follower.revoked.contains(&sid(&auth)), "the new token is good");
    // The session is still the same, and is shown as the current one.
    let again = crate::support::Person::of(&fixture, auth);
    let sessions = again.client.get("/auth/sessions").await.expect(200);
    assert_eq!(sessions[0]["id"], sid(&phone.auth).to_string());
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(true), &json!(false)));

    // Logging out after that revokes the tokens issued since.
    again.client.delete(&format!("/auth/sessions/{}", sid(&phone.auth))).await.expect(204);
    follower.until("the end of the session", sid(&again.auth)).await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn every_instance_tells_what_another_wrote_in_whatever_order_it_was_committed(pool: PgPool) {
    let fixture = start(&pool).await;
    let other = start_with_broker(&pool, &fixture.broker, &[]).await;
    let mut follower = Follower::of(&other).await;

    // A transaction begins to write before another, and ends after it.
    let late = SessionId::new();
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("insert into revocations values ($1, now() + interval '16 minutes')")
        .bind(late)
        .execute(&mut *transaction)
        .await
        .unwrap();
    for name in ["ada", "eve"] {
        let person = join(&fixture, name).await;
        person.client.post("/auth/logout-all", ()).await.expect(204);
        follower.until("written at another instance", sid(&person.auth)).await;
    }
    assert!(!follower.revoked.contains(&late));
    transaction.commit().await.unwrap();
    follower.until("committed late", late).await;

    // A later follower gets the whole list first, also from an instance that started afterwards.
    let newcomer = start_with_broker(&pool, &fixture.broker, &[]).await;
    let mut follower = Follower::of(&newcomer).await;
    while !follower.read().await {}
    assert!(follower.revoked.contains(&late) && follower.revoked.len() == 3);

    // An open stream does not keep an instance from stopping.
    let stopping = tokio::spawn(newcomer.stop());
    while follower.line().await.is_some() {}
    timeout(Duration::from_secs(5), stopping).await.unwrap().unwrap();
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn what_has_expired_is_not_told_and_swept(pool: PgPool) {
    for minutes in [-1, 1] {
        sqlx::query("insert into revocations values ($1, now() + make_interval(mins => $2))")
            .bind(SessionId::new())
            .bind(minutes)
            .execute(&pool)
            .await
            .unwrap();
    }
    let fixture = start(&pool).await;
    let mut follower = Follower::of(&fixture.app).await;
    assert!(follower.read().await);
    assert_eq!(follower.revoked.len(), 1);
    testkit::eventually("the sweep", || async {
        let left: i64 =
            sqlx::query_scalar("select count(*) from revocations").fetch_one(&pool).await.unwrap();
        (left == 1).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn followers_are_told_while_every_connection_of_the_pool_is_busy(pool: PgPool) {
    let fixture = start_with_settings(&pool, &[("DATABASE_MAX_CONNECTIONS", "1")]).await;
    let ada = join(&fixture, "ada").await;
    let mut follower = Follower::of(&fixture.app).await;
    let mut held = pool.begin().await.unwrap();
    sqlx::query("select id from users for update").execute(&mut *held).await.unwrap();
    let client = ada.client.clone();
    let waiting =
        tokio::spawn(async move { client.put("/users/me", json!({"bio": "Patient."})).await });
    until_waiting(&pool, 1).await;
    let revoked = SessionId::new();
    sqlx::query("insert into revocations values ($1, now() + interval '16 minutes')")
        .bind(revoked)
        .execute(&pool)
        .await
        .unwrap();
    follower.until("while the pool is busy", revoked).await;
    held.rollback().await.unwrap();
    waiting.await.unwrap().expect(200);
}
