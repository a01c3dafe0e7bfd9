//! `POST /auth/password`, and stored hashes.

use argon2::{
    Algorithm, Argon2, Params, Version,
    password_hash::{PasswordHasher, phc::PasswordHash},
};
use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{PASSWORD, join, sign_in, start, try_login, try_refresh};

const NEW: &str = "a better horse";

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn changing_the_password_ends_every_other_session(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let (phone, eve) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    let laptop = sign_in(&fixture, "ada").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    laptop.client.post("/auth/password", &body).await.expect(204);

    assert_eq!(try_refresh(&anonymous, laptop.refresh_token()).await, 200, "this one goes on");
    assert_eq!(try_refresh(&anonymous, phone.refresh_token()).await, 401);
    assert_eq!(try_refresh(&anonymous, eve.refresh_token()).await, 200);
    assert_eq!(try_login(&anonymous, "ada", PASSWORD).await, 401);
    assert_eq!(try_login(&anonymous, "ada", NEW).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_password_is_changed_only_by_who_knows_it_and_to_a_good_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let body = json!({"currentPassword": PASSWORD, "newPassword": NEW});
    let anonymous = fixture.app.anonymous();
    anonymous.post("/auth/password", &body).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let wrong = json!({"currentPassword": "guessed", "newPassword": NEW});
    let problem =
        ada.client.post("/auth/password", wrong).await.expect_problem(403, "WRONG_PASSWORD");
    assert_eq!(Answer::bad_fields(&problem), ["currentPassword"]);
    for new in ["1234567".to_owned(), "x".repeat(129)] {
        let body = json!({"currentPassword": PASSWORD, "newPassword": new});
        let problem =
            ada.client.post("/auth/password", body).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["newPassword"]);
    }
    assert_eq!(try_login(&anonymous, "ada", PASSWORD).await, 200, "unchanged");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn of_two_changes_at_once_one_wins_and_the_other_is_told(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let change = |new: &'static str| {
        let client = ada.client.clone();
        let body = json!({"currentPassword": PASSWORD, "newPassword": new});
        tokio::spawn(
            async move { (client.post("/auth/password", body).await.status.as_u16(), new) },
        )
    };
    let (one, other) = (change("new password 1"), change("new password 2"));
    let mut answers = [one.await.unwrap(), other.await.unwrap()];
    answers.sort_unstable();
    let [(204, winner), (403, loser)] = answers else { panic!("{answers:?}") };
    assert_eq!(try_login(&fixture.app.anonymous(), "ada", winner).await, 200);
    assert_eq!(try_login(&fixture.app.anonymous(), "ada", loser).await, 401);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_hash_of_other_parameters_is_renewed_at_the_next_sign_in(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    join(&fixture, "ada").await;
    let weak = Argon2::new(
        Algorithm::Argon2id,
        Version::V0x13,
        Params::new(8 * 1024, 1, 1, None).unwrap(),
    );
    let hash: PasswordHash = weak.hash_password(PASSWORD.as_bytes()).unwrap();
    sqlx::query("update users set password_hash = $1")
        .bind(hash.to_string())
        .execute(&pool)
        .await
        .unwrap();
    let stored = || async {
        sqlx::query_scalar::<_, String>("select password_hash from users")
            .fetch_one(&pool)
            .await
            .unwrap()
    };

    assert_eq!(try_login(&anonymous, "ada", "wrong").await, 401);
    assert_eq!(stored().await, hash.to_string(), "a wrong password renews nothing");
    // Logins at the same time each find the old hash, and none keeps the others out.
    let logins = (0..4).map(|_| {
        let client = anonymous.clone();
        tokio::spawn(async move { try_login(&client, "ada", PASSWORD).await })
    });
    for login in logins.collect::<Vec<_>>() {
        assert_eq!(login.await.unwrap(), 200);
    }
    let renewed = stored().await;
    assert!(renewed.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{renewed}");
    assert_eq!(try_login(&anonymous, "ada", PASSWORD).await, 200);
    assert_eq!(stored().await, renewed, "once is enough");
}
