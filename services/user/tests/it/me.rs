//! `/users/me`: reading and changing one's own account.

use ids::UserId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{
    PASSWORD, Person, ada, join, register, start, start_with_settings, try_login,
};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_field_that_is_left_out_stays_and_null_or_nothing_clears_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = Person::of(&fixture, register(&fixture.app.anonymous(), ada()).await);
    let full = json!({
        "lastName": " Lovelace ", "bio": "I write to machines.",
        "avatarUrl": "https://example.com/ada.png", "unknown": 1,
    });
    let me = ada.client.put("/users/me", full).await.expect(200);
    assert_eq!(me["firstName"], "Ada");
    assert_eq!(me["lastName"], "Lovelace");
    assert_eq!(me["avatarUrl"], "https://example.com/ada.png");
    let public = fixture.app.anonymous().get(&format!("/users/{}", ada.id)).await.expect(200);
    assert_eq!(public["bio"], "I write to machines.");

    let cleared = json!({"firstName": null, "bio": "  ", "avatarUrl": ""});
    let me = ada.client.put("/users/me", cleared).await.expect(200);
    assert_eq!([&me["firstName"], &me["bio"], &me["avatarUrl"]], [&Value::Null; 3]);
    assert_eq!(me["lastName"], "Lovelace");
    assert_eq!(me, ada.client.put("/users/me", json!({})).await.expect(200));
    assert_eq!(me, ada.client.get("/users/me").await.expect(200));
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_bad_change_names_every_bad_field_and_changes_nothing(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "ada").await;
    let before = ada.client.get("/users/me").await.expect(200);
    let bad = json!({
        "firstName": "x".repeat(101), "lastName": 7, "bio": "x".repeat(1001),
        "avatarUrl": "javascript:alert(1)", "email": "nowhere",
    });
    let problem = ada.client.put("/users/me", bad).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        ["avatarUrl", "bio", "email", "firstName", "lastName"]
    );
    let problem = ada
        .client
        .put("/users/me", json!({"email": null}))
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["email"]);
    assert_eq!(ada.client.get("/users/me").await.expect(200), before);
    fixture
        .app
        .anonymous()
        .put("/users/me", json!({}))
        .await
        .expect_problem(401, "AUTHENTICATION_REQUIRED");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn another_email_address_must_be_free_and_is_not_verified(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, _) = (join(&fixture, "ada").await, join(&fixture, "eve").await);
    sqlx::query("update users set email_verified = true").execute(&pool).await.unwrap();
    let change = |email: &'static str| {
        let client = ada.client.clone();
        let body = json!({"email": email, "currentPassword": PASSWORD});
        async move { client.put("/users/me", body).await }
    };
    let problem = change("EVE@example.com").await.expect_problem(409, "EMAIL_TAKEN");
    assert_eq!(Answer::bad_fields(&problem), ["email"]);
    // The same address in other letters takes no password.
    let body = json!({"email": "Ada@Example.com"});
    let me = ada.client.put("/users/me", body).await.expect(200);
    assert_eq!((&me["email"], &me["emailVerified"]), (&json!("Ada@Example.com"), &json!(true)));
    let me = change("lovelace@example.com").await.expect(200);
    assert_eq!(me["emailVerified"], false);
    let anonymous = fixture.app.anonymous();
    assert_eq!(try_login(&anonymous, "lovelace@example.com", PASSWORD).await, 200);
    assert_eq!(try_login(&anonymous, "ada@example.com", PASSWORD).await, 401);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_profile_is_found_by_its_username_without_case(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = join(&fixture, "Ada.L").await;
    let anonymous = fixture.app.anonymous();
    let found = anonymous.get("/users/by-username/aDA.l").await.expect(200);
    assert_eq!(found["id"], ada.id.to_string());
    assert_eq!(found["username"], "Ada.L");
    assert!(found.get("email").is_none());
    anonymous.get("/users/by-username/ada").await.expect_problem(404, "USER_NOT_FOUND");
    anonymous.get("/users/by-username/ada.l%25").await.expect_problem(404, "USER_NOT_FOUND");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn who_has_no_account_any_more_has_nothing_to_change(pool: PgPool) {
    let fixture = start(&pool).await;
    let ghost = fixture.app.anonymous().forwarded_for(&user("ghost"));
    ghost.get("/users/me").await.expect_problem(404, "USER_NOT_FOUND");
    ghost.put("/users/me", json!({"bio": "boo"})).await.expect_problem(404, "USER_NOT_FOUND");
    let body = json!({"currentPassword": PASSWORD, "newPassword": "another horse"});
    ghost.post("/auth/password", body).await.expect_problem(404, "USER_NOT_FOUND");
    let follow = format!("/users/follow/{}", UserId::new());
    ghost.post(&follow, ()).await.expect_problem(404, "USER_NOT_FOUND");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn another_email_address_takes_the_password(pool: PgPool) {
    let limits = [("RATE_LIMIT_PASSWORD_NAME", "2")];
    let fixture = start_with_settings(&pool, &limits).await;
    let ada = join(&fixture, "ada").await;
    let before = ada.client.get("/users/me").await.expect(200);
    let problem = ada
        .client
        .put("/users/me", json!({"email": "thief@example.com", "bio": "Mine."}))
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["currentPassword"]);
    let change =
        |password: &str| json!({"email": "thief@example.com", "currentPassword": password});
    for _ in 0..2 {
        let problem = ada
            .client
            .put("/users/me", change("guess"))
            .await
            .expect_problem(403, "WRONG_PASSWORD");
        assert_eq!(Answer::bad_fields(&problem), ["currentPassword"]);
    }
    ada.client.put("/users/me", change(PASSWORD)).await.expect_problem(429, "TOO_MANY_ATTEMPTS");
    assert_eq!(ada.client.get("/users/me").await.expect(200), before, "nothing was changed");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn of_many_who_want_one_email_address_at_once_one_gets_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut calls = Vec::new();
    for name in ["ada", "bob", "eve"] {
        let client = join(&fixture, name).await.client;
        let body = json!({"email": "wanted@example.com", "currentPassword": PASSWORD});
        calls.push(tokio::spawn(async move { client.put("/users/me", body).await.status }));
        let client = fixture.app.anonymous();
        let body = json!({
            "username": format!("{name}-2"), "email": "WANTED@example.com", "password": PASSWORD,
        });
        calls.push(tokio::spawn(async move { client.post("/auth/register", body).await.status }));
    }
    let mut won = 0;
    for call in calls {
        match call.await.unwrap().as_u16() {
            200 | 201 => won += 1,
            status => assert_eq!(status, 409),
        }
    }
    assert_eq!(won, 1);
}
