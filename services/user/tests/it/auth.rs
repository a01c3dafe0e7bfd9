//! `/auth/register`, `/auth/login`, `/auth/refresh`.

use auth::Verifier;
use auth::token::Audience;
use serde_json::json;
use sqlx::PgPool;
use testkit::Answer;

use crate::support::{ada, identity, register, start};

fn audience() -> Audience {
    Audience { issuer: "promptforge".to_owned(), audience: "promptforge".to_owned() }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn registering_signs_in_with_a_token_that_the_published_keys_verify(pool: PgPool) {
    let fixture = start(&pool).await;
    let answer = fixture.app.anonymous().post("/auth/register", ada()).await;
    assert_eq!(answer.headers["cache-control"], "no-store");
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let session = answer.expect(201);
    assert_eq!(location, format!("/users/{}", session["user"]["id"].as_str().unwrap()));
    assert_eq!(session["tokenType"], "Bearer");
    assert_eq!(session["expiresIn"], 900);
    assert_eq!(session["user"]["roles"], json!(["USER"]));
    assert!(session["user"].get("passwordHash").is_none());

    let jwks = format!("{}/.well-known/jwks.json", fixture.app.url);
    let verifier = Verifier::new(reqwest::Client::new(), vec![jwks], audience());
    let token = session["accessToken"].as_str().unwrap();
    let claims = verifier.verify(token).await.unwrap();
    assert_eq!(claims.sub.to_string(), session["user"]["id"].as_str().unwrap());
    assert_eq!(claims.username, "ada");
    assert_eq!(claims.exp - claims.iat, 900);

    // A token with another payload and the same signature is refused.
    let parts: Vec<&str> = token.split('.').collect();
    let other = register(
        &fixture.app.anonymous(),
        json!({"username": "eve", "email": "eve@example.com", "password": "another secret"}),
    )
    .await;
    let stolen = other["accessToken"].as_str().unwrap().split('.').nth(1).unwrap().to_owned();
    assert!(verifier.verify(&format!("{}.{stolen}.{}", parts[0], parts[2])).await.is_err());
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_bad_registration_names_every_bad_field(pool: PgPool) {
    let fixture = start(&pool).await;
    let body = json!({"username": "a b", "email": "nowhere", "password": "short", "firstName": 7});
    let problem = fixture
        .app
        .anonymous()
        .post("/auth/register", body)
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["email", "firstName", "password", "username"]);

    // The name of deleted accounts is reserved.
    let body =
        json!({"username": "Deleted-User", "email": "a@example.com", "password": "long enough"});
    let problem = fixture
        .app
        .anonymous()
        .post("/auth/register", body)
        .await
        .expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["username"]);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_taken_username_or_email_is_named_whatever_its_case(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    register(&client, ada()).await;
    let same_name =
        json!({"username": "ADA", "email": "x@example.com", "password": "correct horse"});
    let problem =
        client.post("/auth/register", same_name).await.expect_problem(409, "USERNAME_TAKEN");
    assert_eq!(Answer::bad_fields(&problem), ["username"]);
    let same_email =
        json!({"username": "eve", "email": "Ada@Example.com", "password": "correct horse"});
    let problem =
        client.post("/auth/register", same_email).await.expect_problem(409, "EMAIL_TAKEN");
    assert_eq!(Answer::bad_fields(&problem), ["email"]);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn of_many_who_register_one_name_at_once_one_gets_it(pool: PgPool) {
    let fixture = start(&pool).await;
    let attempts = (0..8).map(|_| {
        let client = fixture.app.anonymous();
        tokio::spawn(async move { client.post("/auth/register", ada()).await.status.as_u16() })
    });
    let mut statuses = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409, 409, 409, 409]);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn signing_in_takes_email_or_username_and_tells_nothing_when_wrong(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    register(&client, ada()).await;
    for name in ["ada@example.com", "ada", "ADA@example.COM"] {
        let session = client
            .post("/auth/login", json!({"email": name, "password": "correct horse"}))
            .await
            .expect(200);
        assert_eq!(session["user"]["username"], "ada");
        assert!(session["user"]["lastLoginAt"].is_string());
    }
    let wrong_password = client
        .post("/auth/login", json!({"email": "ada", "password": "wrong"}))
        .await
        .expect_problem(401, "WRONG_CREDENTIALS");
    let unknown = client.post("/auth/login", json!({"email": "nobody", "password": "wrong"})).await;
    assert_eq!(unknown.headers["www-authenticate"], "Bearer");
    let unknown = unknown.expect_problem(401, "WRONG_CREDENTIALS");
    assert_eq!(wrong_password["detail"], unknown["detail"]);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_spent_refresh_token_is_good_for_ten_seconds_more_and_then_ends_the_session(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let first = register(&client, ada()).await;
    let refresh = |token: &serde_json::Value| {
        let body = json!({"refreshToken": token});
        let client = client.clone();
        async move { client.post("/auth/refresh", body).await }
    };
    let second = refresh(&first["refreshToken"]).await.expect(200);
    assert_ne!(first["refreshToken"], second["refreshToken"]);
    // The answer may have been lost.
    let third = refresh(&first["refreshToken"]).await.expect(200);
    assert_ne!(second["refreshToken"], third["refreshToken"]);
    assert_eq!(identity(&third).session, identity(&first).session);
    let fourth = refresh(&second["refreshToken"]).await.expect(200);
    refresh(&json!("made up")).await.expect_problem(401, "INVALID_REFRESH_TOKEN");

    let later = "update refresh_tokens set spent_at = spent_at - interval '10 seconds'";
    sqlx::query(later).execute(&pool).await.unwrap();
    refresh(&first["refreshToken"]).await.expect_problem(401, "INVALID_REFRESH_TOKEN");
    // The thief, or the victim: the second of them has ended the session for both.
    for token in [&third["refreshToken"], &fourth["refreshToken"]] {
        refresh(token).await.expect_problem(401, "INVALID_REFRESH_TOKEN");
    }
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn passwords_and_refresh_tokens_are_stored_hashed(pool: PgPool) {
    let fixture = start(&pool).await;
    let session = register(&fixture.app.anonymous(), ada()).await;
    let hash: String =
        sqlx::query_scalar("select password_hash from users").fetch_one(&pool).await.unwrap();
    assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
    let stored: Vec<u8> =
        sqlx::query_scalar("select token_hash from refresh_tokens").fetch_one(&pool).await.unwrap();
    assert_eq!(stored.len(), 32);
    assert_ne!(stored, session["refreshToken"].as_str().unwrap().as_bytes());
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_compressed_body_is_refused_with_what_is_taken(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().with_header("content-encoding", "gzip");
    let answer = client.post("/auth/register", ada()).await;
    assert_eq!(answer.headers["accept-encoding"], "identity");
    answer.expect_problem(415, "UNSUPPORTED_CONTENT_ENCODING");
    let plain = fixture.app.anonymous().with_header("content-encoding", "identity");
    plain.post("/auth/register", ada()).await.expect(201);
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn what_is_wrong_is_said_in_a_sentence(pool: PgPool) {
    let fixture = start(&pool).await;
    let body = json!({"username": "ada", "email": "ada@example.com", "password": "short"});
    let problem = fixture.app.anonymous().post("/auth/register", body).await;
    let problem = problem.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(problem["detail"], "password: must have 8 to 128 characters.");
}
