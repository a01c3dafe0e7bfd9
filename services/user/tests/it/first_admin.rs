//! The administrator whom settings name.

use http_kit::config::Env;
use serde_json::json;
use sqlx::PgPool;
use testkit::{consume, eventually};
use user_service::Config;

use crate::support::{
    PASSWORD, ada, join, register, start, start_with_broker, start_with_settings, try_login,
    until_waiting, usual_settings,
};

const ADMIN: [(&str, &str); 2] =
    [("ADMIN_EMAIL", "root@example.com"), ("ADMIN_PASSWORD", "a very good one")];

/// Returns usernames and roles of the accounts with the first administrator's email address.
async fn admins(pool: &PgPool) -> Vec<(String, Vec<String>)> {
    sqlx::query_as("select username, roles from users where email = 'root@example.com'")
        .fetch_all(pool)
        .await
        .unwrap()
}

async fn until_admin(pool: &PgPool) -> String {
    eventually("the first administrator", || async {
        let found = admins(pool).await;
        let [(username, roles)] = found.as_slice() else { return None };
        (roles == &["USER", "ADMIN"]).then(|| username.clone())
    })
    .await
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_first_administrator_is_there_after_the_start_and_made_once(pool: PgPool) {
    let fixture = start_with_settings(&pool, &ADMIN).await;
    assert_eq!(until_admin(&pool).await, "root");
    let body = json!({"email": "root@example.com", "password": ADMIN[1].1});
    let auth = fixture.app.anonymous().post("/auth/login", body).await.expect(200);
    assert_eq!(auth["user"]["roles"], json!(["USER", "ADMIN"]));
    let events = consume(fixture.broker.address(), "user.registered", 1).await;
    assert_eq!(events[0].1["username"], "root");

    // Another password in the settings of a later start does not change the account's.
    let later = [ADMIN[0], ("ADMIN_PASSWORD", "another good one")];
    let again = start_with_broker(&pool, &fixture.broker, &later).await;
    sqlx::query("update users set roles = '{USER}'").execute(&pool).await.unwrap();
    again.stop().await;
    let again = start_with_broker(&pool, &fixture.broker, &later).await;
    until_admin(&pool).await;
    let client = again.anonymous();
    assert_eq!(try_login(&client, "root@example.com", ADMIN[1].1).await, 200);
    assert_eq!(try_login(&client, "root@example.com", "another good one").await, 401);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn several_instances_that_start_at_once_make_one(pool: PgPool) {
    let first = start(&pool).await;
    let (a, b, c) = tokio::join!(
        start_with_broker(&pool, &first.broker, &ADMIN),
        start_with_broker(&pool, &first.broker, &ADMIN),
        start_with_broker(&pool, &first.broker, &ADMIN),
    );
    until_admin(&pool).await;
    for app in [a, b, c] {
        app.stop().await;
    }
    assert_eq!(admins(&pool).await.len(), 1);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_stranger_s_account_is_promoted_only_when_its_address_is_verified(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut stranger = ada();
    stranger["email"] = json!("Root@example.com");
    register(&fixture.app.anonymous(), stranger).await;
    const LOCK: &str = "select id from users where username = 'ada' for update";

    // An instance that starts waits for the account while the lock is held here; the next holder of
    // the lock sees the instance's change.
    let mut held = pool.begin().await.unwrap();
    sqlx::query(LOCK).execute(&mut *held).await.unwrap();
    let starting = start_with_broker(&pool, &fixture.broker, &ADMIN).await;
    until_waiting(&pool, 1).await;
    let next = tokio::spawn({
        let pool = pool.clone();
        async move {
            let mut next = pool.begin().await.unwrap();
            sqlx::query(LOCK).execute(&mut *next).await.unwrap();
        }
    });
    until_waiting(&pool, 2).await;
    held.rollback().await.unwrap();
    next.await.unwrap();
    let roles: Vec<String> =
        sqlx::query_scalar("select roles from users").fetch_one(&pool).await.unwrap();
    assert_eq!(roles, ["USER"], "and there is no other account");
    starting.stop().await;

    sqlx::query("update users set email_verified = true").execute(&pool).await.unwrap();
    let _promoting = start_with_broker(&pool, &fixture.broker, &ADMIN).await;
    eventually("the promotion", || async {
        let roles: Vec<String> =
            sqlx::query_scalar("select roles from users").fetch_one(&pool).await.unwrap();
        (roles == ["USER", "ADMIN"]).then_some(())
    })
    .await;
    assert_eq!(try_login(&fixture.app.anonymous(), "ada", PASSWORD).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_taken_username_is_passed_over(pool: PgPool) {
    let fixture = start(&pool).await;
    join(&fixture, "ada").await;
    let other = [("ADMIN_EMAIL", "ada@corp.example"), ADMIN[1]];
    let _making = start_with_broker(&pool, &fixture.broker, &other).await;
    eventually("the other administrator", || async {
        let status = try_login(&fixture.app.anonymous(), "ada-2", ADMIN[1].1).await;
        (status == 200).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn bad_settings_are_all_named(pool: PgPool) {
    let complaint = |given: &[(&str, &str)]| {
        let mut settings = usual_settings(&pool, "127.0.0.1:9");
        settings.extend(given.iter().map(|(name, value)| (name.to_string(), value.to_string())));
        let mut env = Env::with(settings);
        let config = Config::read(&mut env);
        env.finish(config).err().map(|error| error.to_string()).unwrap_or_default()
    };
    assert_eq!(complaint(&ADMIN), "");
    assert!(complaint(&ADMIN[..1]).contains("ADMIN_PASSWORD is not set"));
    assert!(complaint(&ADMIN[1..]).contains("ADMIN_EMAIL is not set"));
    let bad = complaint(&[
        ("ADMIN_EMAIL", "root"),
        ("ADMIN_PASSWORD", "secret7"),
        ("RATE_LIMIT_PROFILE", "loose"),
        ("RATE_LIMIT_PASSWORD_NAME", "0"),
        ("PROMPT_SERVICE_URL", "nowhere"),
    ]);
    for name in ["ADMIN_EMAIL", "ADMIN_PASSWORD", "RATE_LIMIT_PROFILE", "PASSWORD_NAME", "PROMPT_"]
    {
        assert!(bad.contains(name), "{name} in {bad}");
    }
    assert!(!bad.contains("secret7"), "{bad}");
}
