use serde_json::json;
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testkit::eventually;

use crate::support::{PASSWORD, join, sign_in, start, start_with, try_login, try_refresh};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn signing_out_ends_that_session_only_and_may_be_repeated(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
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
async fn nobody_can_sign_someone_else_out(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start(&database).await;
    let anonymous = fixture.app.anonymous();
    let (ada, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let body = json!({"refreshToken": ada.refresh_token()});
    anonymous.post("/auth/logout", &body).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    anonymous.post("/auth/logout-all", ()).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    // What it says tells nothing of whether there is such a token.
    eve.client.post("/auth/logout", &body).await.expect(204);
    eve.client.post("/auth/logout", json!({"refreshToken": "made up"})).await.expect(204);
    eve.client.post("/auth/logout", json!({})).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(try_refresh(&anonymous, ada.refresh_token()).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn signing_out_everywhere_ends_all_of_one_s_sessions(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
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
async fn of_twenty_uses_of_one_refresh_token_at_once_one_succeeds_and_the_session_ends(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let ada = join(&fixture, "ada").await;
    let elsewhere = sign_in(&fixture, "ada").await;
    let uses = (0..20).map(|_| {
        let (client, body) =
            (fixture.app.anonymous(), json!({"refreshToken": ada.refresh_token()}));
        tokio::spawn(async move { client.post("/auth/refresh", body).await })
    });
    let mut winners = Vec::new();
    for used in uses.collect::<Vec<_>>() {
        let answer = used.await.unwrap();
        match answer.status.as_u16() {
            200 => winners.push(answer.json),
            _ => {
                answer.expect_problem(401, "INVALID_REFRESH_TOKEN");
            }
        }
    }
    assert_eq!(winners.len(), 1);
    // The others were reuse, so what the winner got is worth nothing either; the rest is untouched.
    let anonymous = fixture.app.anonymous();
    let next = winners[0]["refreshToken"].as_str().unwrap();
    assert_eq!(try_refresh(&anonymous, next).await, 401);
    assert_eq!(try_refresh(&anonymous, elsewhere.refresh_token()).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn an_expired_refresh_token_is_refused_and_swept_with_its_session(
    pool: PgPoolOptions,
    database: PgConnectOptions,
) {
    let fixture = start(&database).await;
    let pool: PgPool = pool.connect_with(database.clone()).await.unwrap();
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
    let _another = start_with(&database, &fixture.broker, &[]).await;
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
