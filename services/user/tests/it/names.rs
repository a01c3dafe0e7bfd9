//! Usernames, email addresses and names: folding, reserved ones, visible characters.

use argon2::{Argon2, password_hash::PasswordHasher};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{PASSWORD, from_address, join, start, start_with_settings, try_login};

fn account(username: &str) -> Value {
    json!({"username": username, "email": "someone@example.com", "password": PASSWORD})
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn no_spelling_of_a_name_reaches_an_account_and_is_counted_apart(pool: PgPool) {
    let limits = [("RATE_LIMIT_PASSWORD_NAME", "3"), ("RATE_LIMIT_PASSWORD_ADDRESS", "100")];
    let fixture = start_with_settings(&pool, &limits).await;
    join(&fixture, "ikki").await;
    let attacker = from_address(&fixture.app.anonymous(), "203.0.113.1");
    for name in ["ikki", "IKKI", "Ikki"] {
        assert_eq!(try_login(&attacker, name, "guess").await, 401);
    }
    assert_eq!(try_login(&attacker, "iKKi", PASSWORD).await, 429);
    // Letters that fold to those of the name in some locale belong to no account.
    for name in ["\u{130}kki", "\u{131}kki", "i\u{212A}ki", "i\u{307}kki", "\u{FF49}kki"] {
        assert_eq!(try_login(&attacker, name, PASSWORD).await, 401, "{name}");
        let path = format!("/users/by-username/{name}");
        fixture.app.anonymous().get(&path).await.expect_problem(404, "USER_NOT_FOUND");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn reserved_names_cannot_be_registered(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    for name in ["admin", "Root", "by-username", "SEARCH", "deleted-user", "followers", "support"] {
        let problem = client
            .post("/auth/register", account(name))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["username"], "{name}");
    }
    client.post("/auth/register", account("rooted")).await.expect(201);

    // Every word of our own routes is reserved.
    let api = client.get("/api-docs/openapi.json").await.expect(200);
    let paths = api["paths"].as_object().unwrap().keys();
    let words = paths.flat_map(|path| path.split('/')).filter(|word| word.len() >= 3);
    for word in words.filter(|word| !word.starts_with('{') && *word != "jwks.json") {
        let problem = client
            .post("/auth/register", account(word))
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["username"], "{word}");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn both_taken_names_are_named(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    client.post("/auth/register", account("ada")).await.expect(201);
    let problem =
        client.post("/auth/register", account("ADA")).await.expect_problem(409, "USERNAME_TAKEN");
    assert_eq!(Answer::bad_fields(&problem), ["email", "username"]);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn names_are_visible_and_on_one_line(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    for bad in ["\u{200B}", "\u{3164}", "\u{2800}\u{2060}", "\u{202E}", "A\nda", "A\u{2028}da", " "]
    {
        let mut body = account("ada");
        body["firstName"] = json!(bad);
        body["lastName"] = json!(bad);
        let problem =
            client.post("/auth/register", body).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["firstName", "lastName"], "{bad:?}");
    }
    let ada = join(&fixture, "ada").await;
    for bad in ["\u{200B}", "\u{FEFF} \u{2063}", "A\u{7}da"] {
        let change = json!({"firstName": bad, "lastName": bad, "bio": bad});
        let problem =
            ada.client.put("/users/me", change).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["bio", "firstName", "lastName"], "{bad:?}");
    }
    // Joiners inside scripts and emoji stay, letter for letter, and a biography has lines.
    let change = json!({
        "firstName": "می\u{200C}خواهم", "lastName": "👩\u{200D}👩\u{200D}👧", "bio": "One.\n\nTwo. ❤\u{FE0F}",
    });
    let me = ada.client.put("/users/me", &change).await.expect(200);
    for field in ["firstName", "lastName", "bio"] {
        assert_eq!(me[field], change[field]);
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_password_is_the_same_on_every_keyboard_and_old_hashes_hold(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let (composed, decomposed) = ("crêpes for \u{e9}ve", "cre\u{302}pes for e\u{301}ve");
    let mut body = account("ada");
    body["password"] = json!(decomposed);
    client.post("/auth/register", body).await.expect(201);
    for password in [composed, decomposed] {
        assert_eq!(try_login(&client, "ada", password).await, 200);
    }
    // A hash from before passwords were normalized is renewed once the password is typed in that
    // form.
    let old = Argon2::default().hash_password(decomposed.as_bytes()).unwrap().to_string();
    sqlx::query("update users set password_hash = $1").bind(old).execute(&pool).await.unwrap();
    for (password, status) in [(composed, 401), (decomposed, 200), (composed, 200)] {
        assert_eq!(try_login(&client, "ada", password).await, status);
    }
}
