//! The limit on wrong passwords.

use serde_json::json;
use sqlx::PgPool;
use testkit::{Client, eventually};

use crate::support::{
    Fixture, PASSWORD, from_address, join, start_with_broker, start_with_settings, try_login,
};

const LIMITS: [(&str, &str); 2] =
    [("RATE_LIMIT_PASSWORD_NAME", "3"), ("RATE_LIMIT_PASSWORD_ADDRESS", "6")];

fn at(fixture: &Fixture, address: &str) -> Client {
    from_address(&fixture.app.anonymous(), address)
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn guessing_ends_after_a_few_and_does_not_lock_the_owner_out(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    let (attacker, owner) = (at(&fixture, "203.0.113.1"), at(&fixture, "203.0.113.2"));
    for _ in 0..3 {
        assert_eq!(try_login(&attacker, "ada", "guess").await, 401);
    }
    // Even the right password is refused, or guessing would go on unseen.
    for password in ["guess", PASSWORD] {
        let answer =
            attacker.post("/auth/login", json!({"email": "ADA", "password": password})).await;
        let wait: u64 = answer.headers["retry-after"].to_str().unwrap().parse().unwrap();
        assert!((1..=900).contains(&wait), "{wait}");
        answer.expect_problem(429, "TOO_MANY_ATTEMPTS");
    }
    assert_eq!(try_login(&owner, "ada", PASSWORD).await, 200);
    assert_eq!(try_login(&attacker, "someone else", "guess").await, 401);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn unknown_names_are_treated_as_known_ones(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    let mut told = Vec::new();
    for (name, address) in [("ada", "203.0.113.1"), ("nobody", "203.0.113.2")] {
        let client = at(&fixture, address);
        for _ in 0..5 {
            let body = json!({"email": name, "password": "guess"});
            let answer = client.post("/auth/login", body).await;
            told.push((answer.status.as_u16(), answer.json["detail"].clone()));
        }
    }
    assert_eq!(told[..5], told[5..]);
    // An account's two names do not reach the limit together, which would tell that they are of one
    // account.
    assert_eq!(try_login(&at(&fixture, "203.0.113.1"), "ada@example.com", "guess").await, 401);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn one_address_cannot_go_through_many_names(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    // An IPv6 network counts as one address.
    for i in 0..6 {
        let client = at(&fixture, &format!("2001:db8::{i}"));
        assert_eq!(try_login(&client, &format!("name{i}"), "guess").await, 401);
    }
    assert_eq!(try_login(&at(&fixture, "2001:db8::ffff"), "ada", PASSWORD).await, 429);
    assert_eq!(try_login(&at(&fixture, "2001:db8:0:1::1"), "ada", PASSWORD).await, 200);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_right_password_forgives_the_name_but_not_the_address(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    join(&fixture, "carol").await;
    let client = at(&fixture, "203.0.113.1");
    for _ in 0..2 {
        for _ in 0..2 {
            assert_eq!(try_login(&client, "ada", "typo").await, 401);
        }
        assert_eq!(try_login(&client, "ada", PASSWORD).await, 200);
    }
    // Four wrong passwords so far: logging in with one's own account must not clear them.
    for name in ["eve", "bob"] {
        assert_eq!(try_login(&client, name, "guess").await, 401);
    }
    assert_eq!(try_login(&client, "carol", PASSWORD).await, 429);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_right_password_is_not_locked_out_where_its_account_has_signed_in_before(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    for name in ["ada", "carol"] {
        join(&fixture, name).await;
    }
    let office = at(&fixture, "203.0.113.1");
    assert_eq!(try_login(&office, "ada", PASSWORD).await, 200);
    // A colleague's guesses reach the limit of the name, and then that of the address.
    for expected in [401, 401, 401, 429, 429] {
        assert_eq!(try_login(&office, "ada", "guess").await, expected);
    }
    assert_eq!(try_login(&office, "ada", PASSWORD).await, 200);
    for name in ["eve", "bob", "dan"] {
        assert_eq!(try_login(&office, name, "guess").await, 401);
    }
    for (name, password, expected) in [
        ("ada", PASSWORD, 200),
        ("ADA@example.com", PASSWORD, 200),
        ("ada", "guess", 429),
        // Never here before, or nowhere.
        ("carol", PASSWORD, 429),
        ("nobody", PASSWORD, 429),
    ] {
        assert_eq!(try_login(&office, name, password).await, expected, "{name} {password}");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn where_an_account_signed_in_is_forgotten_with_its_password_and_after_a_time(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    let ada = join(&fixture, "ada").await;
    let (home, cafe) = (at(&fixture, "203.0.113.1"), at(&fixture, "203.0.113.2"));
    for client in [&home, &cafe] {
        assert_eq!(try_login(client, "ada", PASSWORD).await, 200);
        for _ in 0..3 {
            assert_eq!(try_login(client, "ada", "guess").await, 401);
        }
    }
    let change = json!({"currentPassword": PASSWORD, "newPassword": "another horse"});
    from_address(&ada.client, "203.0.113.1").post("/auth/password", change).await.expect(204);
    assert_eq!(try_login(&home, "ada", "another horse").await, 200);
    assert_eq!(try_login(&cafe, "ada", "another horse").await, 429);

    for _ in 0..3 {
        assert_eq!(try_login(&home, "ada", "guess").await, 401);
    }
    sqlx::query("update known_networks set last_login_at = now() - interval '91 days'")
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(try_login(&home, "ada", "another horse").await, 429);
    let _another = start_with_broker(&pool, fixture.broker.address(), &LIMITS).await;
    eventually("the sweep", || async {
        let left: i64 = sqlx::query_scalar("select count(*) from known_networks")
            .fetch_one(&pool)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn many_guesses_at_once_do_not_slip_through(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    let guesses = (0..40).map(|i| {
        let client = at(&fixture, "203.0.113.1");
        tokio::spawn(async move { try_login(&client, "ada", &format!("guess {i}")).await })
    });
    let mut judged = 0;
    for guess in guesses.collect::<Vec<_>>() {
        match guess.await.unwrap() {
            401 => judged += 1,
            status => assert_eq!(status, 429),
        }
    }
    // As many guesses may be checked at once as there are cores to hash on.
    let cores = std::thread::available_parallelism().unwrap().get();
    assert!((3..3 + cores).contains(&judged), "{judged}");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn what_is_counted_is_forgotten_when_its_time_is_over(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    let client = at(&fixture, "203.0.113.1");
    for expected in [401, 401, 401, 429] {
        assert_eq!(try_login(&client, "ada", "guess").await, expected);
    }
    let over = "update password_failures set expires_at = now() - interval '1 second'";
    sqlx::query(over).execute(&pool).await.unwrap();
    // A new window begins, and the old count does not go on.
    for expected in [401, 401, 401, 429] {
        assert_eq!(try_login(&client, "ada", "guess").await, expected);
    }
    sqlx::query(over).execute(&pool).await.unwrap();
    let _another = start_with_broker(&pool, fixture.broker.address(), &LIMITS).await;
    eventually("the sweep", || async {
        let left: i64 = sqlx::query_scalar("select count(*) from password_failures")
            .fetch_one(&pool)
            .await
            .unwrap();
        (left == 0).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn guessing_with_someone_s_access_token_ends_too(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    let ada = join(&fixture, "ada").await;
    let thief = from_address(&ada.client, "203.0.113.1");
    let change =
        |password: &str| json!({"currentPassword": password, "newPassword": "another horse"});
    for _ in 0..3 {
        thief.post("/auth/password", change("guess")).await.expect_problem(403, "WRONG_PASSWORD");
    }
    thief.post("/auth/password", change(PASSWORD)).await.expect_problem(429, "TOO_MANY_ATTEMPTS");
    let body = json!({"password": PASSWORD}).to_string();
    thief
        .raw(http::Method::DELETE, "/users/me", "application/json", &body)
        .await
        .expect_problem(429, "TOO_MANY_ATTEMPTS");
    ada.client.post("/auth/password", change(PASSWORD)).await.expect(204);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn an_address_is_believed_only_beside_the_internal_token(pool: PgPool) {
    let fixture = start_with_settings(&pool, &LIMITS).await;
    join(&fixture, "ada").await;
    for i in 0..4 {
        let forged =
            fixture.app.anonymous().with_header("x-forwarded-for", &format!("203.0.113.{i}"));
        assert_eq!(try_login(&forged, "ada", "guess").await, if i < 3 { 401 } else { 429 });
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_profile_says_whether_guessing_is_limited(pool: PgPool) {
    for (profile, last) in [("production", 429), ("dev", 429), ("off", 401)] {
        let fixture =
            start_with_settings(&pool, &[LIMITS[0], LIMITS[1], ("RATE_LIMIT_PROFILE", profile)])
                .await;
        let client = at(&fixture, "203.0.113.1");
        let name = format!("{profile}-name");
        for _ in 0..3 {
            assert_eq!(try_login(&client, &name, "guess").await, 401, "{profile}");
        }
        assert_eq!(try_login(&client, &name, "guess").await, last, "{profile}");
        sqlx::query("delete from password_failures").execute(&pool).await.unwrap();
    }
}
