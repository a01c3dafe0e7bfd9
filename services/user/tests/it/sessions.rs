//! `/auth/sessions`, `/auth/logout`, `/auth/logout-all`.

use ids::SessionId;
use serde_json::json;
use sqlx::PgPool;
use testkit::eventually;

use crate::support::{
    PASSWORD, Person, from_address, identity, join, sign_in, start, start_with_broker, try_login,
    try_refresh,
};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn signing_out_ends_that_session_only_and_may_be_repeated(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let phone = join(&fixture, "ada").await;
    let laptop = sign_in(&fixture, "ada").await;
    let body = json!({"refreshToken": phone.refresh_token()});
    for _ in 0..2 {
        phone.client.post("/auth/logout", &body).await.expect(204);
    }
    assert_eq!(try_refresh(&anonymous, phone.refresh_token()).await, 401);
    assert_eq!(try_refresh(&anonymous, laptop.refresh_token()).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn nobody_can_sign_someone_else_out(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let body = json!({"refreshToken": ada.refresh_token()});
    anonymous.post("/auth/logout", &body).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    anonymous.post("/auth/logout-all", ()).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    // The answer does not tell whether there is such a token.
    eve.client.post("/auth/logout", &body).await.expect(204);
    eve.client.post("/auth/logout", json!({"refreshToken": "made up"})).await.expect(204);
    eve.client.post("/auth/logout", json!({})).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(try_refresh(&anonymous, ada.refresh_token()).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn signing_out_everywhere_ends_all_of_one_s_sessions(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (phone, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let laptop = sign_in(&fixture, "ada").await;
    for _ in 0..2 {
        laptop.client.post("/auth/logout-all", ()).await.expect(204);
    }
    for person in [&phone, &laptop] {
        assert_eq!(try_refresh(&anonymous, person.refresh_token()).await, 401);
    }
    assert_eq!(try_refresh(&anonymous, eve.refresh_token()).await, 200);
    assert_eq!(try_login(&anonymous, "ada", PASSWORD).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn twenty_uses_of_one_refresh_token_at_once_all_succeed_and_the_session_lives(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let uses = (0..20).map(|_| {
        let (client, body) =
            (fixture.app.anonymous(), json!({"refreshToken": ada.refresh_token()}));
        tokio::spawn(async move { client.post("/auth/refresh", body).await.expect(200) })
    });
    let mut next = Vec::new();
    for used in uses.collect::<Vec<_>>() {
        let auth = used.await.unwrap();
        assert_eq!(identity(&auth).session, identity(&ada.auth).session);
        next.push(auth["refreshToken"].as_str().unwrap().to_owned());
    }
    next.sort_unstable();
    next.dedup();
    assert_eq!(next.len(), 20, "each got another");
    for token in &next {
        assert_eq!(try_refresh(&fixture.app.anonymous(), token).await, 200);
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn one_s_sessions_are_listed_with_where_they_were_last_used(pool: PgPool) {
    let fixture = start(&pool).await;
    let at = |address: &str, agent: &str| {
        from_address(&fixture.app.anonymous(), address).with_header("user-agent", agent)
    };
    let body = json!({"username": "ada", "email": "ada@example.com", "password": PASSWORD});
    let phone = at("203.0.113.1", "Phone/1.0").post("/auth/register", body).await.expect(201);
    let phone = Person::of(&fixture, phone);
    let laptop = at("2001:db8::1", &"x".repeat(4000))
        .post("/auth/login", json!({"email": "ada", "password": PASSWORD}))
        .await
        .expect(200);
    let laptop = Person::of(&fixture, laptop);
    join(&fixture, "eve").await;

    let sessions = phone.client.get("/auth/sessions").await.expect(200);
    let shown = |index: usize| {
        let session = &sessions[index];
        (session["address"].as_str().unwrap(), session["current"].as_bool().unwrap())
    };
    assert_eq!(sessions.as_array().unwrap().len(), 2, "nobody else's");
    assert_eq!((shown(0), shown(1)), (("2001:db8::1", false), ("203.0.113.1", true)));
    assert_eq!(sessions[1]["userAgent"], "Phone/1.0");
    assert_eq!(sessions[0]["userAgent"].as_str().unwrap().len(), 200);
    assert!(sessions[1]["createdAt"].as_str() <= sessions[1]["lastUsedAt"].as_str());

    // A session that is refreshed elsewhere is the one used last, and the same session.
    let refreshed = at("203.0.113.9", "Phone/1.1")
        .post("/auth/refresh", json!({"refreshToken": phone.refresh_token()}))
        .await
        .expect(200);
    let sessions = laptop.client.get("/auth/sessions").await.expect(200);
    assert_eq!(sessions[0]["id"], identity(&refreshed).session.unwrap().to_string());
    assert_eq!(sessions[0]["address"], "203.0.113.9");
    assert_eq!(sessions[0]["userAgent"], "Phone/1.1");
    assert_eq!((&sessions[0]["current"], &sessions[1]["current"]), (&json!(false), &json!(true)));
    assert!(sessions[0]["lastUsedAt"].as_str() > sessions[0]["createdAt"].as_str());
    fixture
        .app
        .anonymous()
        .get("/auth/sessions")
        .await
        .expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn one_of_one_s_sessions_can_be_ended_and_nobody_else_s(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (phone, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let laptop = sign_in(&fixture, "ada").await;
    let path = format!("/auth/sessions/{}", identity(&phone.auth).session.unwrap());
    anonymous.delete(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    eve.client.delete(&path).await.expect_problem(404, "SESSION_NOT_FOUND");
    let unknown = format!("/auth/sessions/{}", SessionId::new());
    laptop.client.delete(&unknown).await.expect_problem(404, "SESSION_NOT_FOUND");
    laptop.client.delete("/auth/sessions/x").await.expect_problem(400, "VALIDATION_FAILED");
    let listed = async || {
        let sessions = laptop.client.get("/auth/sessions").await.expect(200);
        sessions.as_array().unwrap().len()
    };
    assert_eq!(listed().await, 2);

    laptop.client.delete(&path).await.expect(204);
    assert_eq!(listed().await, 1);
    assert_eq!(try_refresh(&anonymous, phone.refresh_token()).await, 401);
    laptop.client.delete(&path).await.expect_problem(404, "SESSION_NOT_FOUND");
    assert_eq!(try_refresh(&anonymous, laptop.refresh_token()).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn an_expired_refresh_token_is_refused_and_swept_with_its_session(pool: PgPool) {
    let fixture = start(&pool).await;
    let (old, ada) = (join(&fixture, "old").await, join(&fixture, "ada").await);
    // Ada's session goes on after its first token has expired.
    let auth = fixture
        .app
        .anonymous()
        .post("/auth/refresh", json!({"refreshToken": ada.refresh_token()}))
        .await
        .expect(200);
    let expired = sqlx::query(
        "update refresh_tokens t set expires_at = now() - interval '2 hours' from sessions s
         where s.id = t.session_id and (s.user_id = $1 or t.spent_at is not null)",
    )
    .bind(old.id)
    .execute(&pool)
    .await
    .unwrap();
    assert_eq!(expired.rows_affected(), 2);
    assert_eq!(try_refresh(&fixture.app.anonymous(), old.refresh_token()).await, 401);

    // The sweep runs at every start.
    let _another = start_with_broker(&pool, &fixture.broker, &[]).await;
    eventually("the sweep", || async {
        let left: (i64, i64) = sqlx::query_as(
            "select (select count(*) from sessions), (select count(*) from refresh_tokens)",
        )
        .fetch_one(&pool)
        .await
        .unwrap();
        (left == (1, 1)).then_some(())
    })
    .await;
    let token = auth["refreshToken"].as_str().unwrap();
    assert_eq!(try_refresh(&fixture.app.anonymous(), token).await, 200);
}
