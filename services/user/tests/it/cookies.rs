//! The cookie that holds a refresh token.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client};

use crate::support::{Fixture, PASSWORD, Person, start, start_with_settings, try_refresh};

const ORIGIN: &str = "http://localhost:3000";

/// A page in a browser, whose cookies the test keeps itself.
fn page(fixture: &Fixture, origin: &str) -> Client {
    fixture.app.anonymous().with_header("origin", origin)
}

fn account() -> Value {
    json!({"username": "ada", "email": "ada@example.com", "password": PASSWORD, "cookie": true})
}

/// Returns the cookie that an answer sets, as the browser would send it.
fn cookie(answer: &Answer) -> String {
    let set = answer.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = set.split_once("; ").unwrap();
    assert!(pair.starts_with("pf_refresh="), "{set}");
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/auth"] {
        assert!(attributes.split("; ").any(|a| a == attribute), "{attribute} in {set}");
    }
    assert!(!attributes.contains("Secure"), "the host is local: {set}");
    pair.to_owned()
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_browser_stays_signed_in_by_a_cookie_that_no_script_sees(pool: PgPool) {
    let fixture = start(&pool).await;
    let browser = page(&fixture, ORIGIN);
    let registered = browser.post("/auth/register", account()).await;
    let first = cookie(&registered);
    assert!(registered.expect(201).get("refreshToken").is_none());
    let login = json!({"email": "ada", "password": PASSWORD, "cookie": true});
    let signed_in = browser.post("/auth/login", login).await;
    assert_ne!(cookie(&signed_in), first);
    assert!(signed_in.expect(200).get("refreshToken").is_none());

    // The body may be empty, or absent.
    let with_cookie = browser.with_header("cookie", &format!("theme=dark; {first}"));
    let refreshed = with_cookie.post("/auth/refresh", json!({})).await;
    let second = cookie(&refreshed);
    assert_ne!(second, first);
    let auth = refreshed.expect(200);
    assert!(auth.get("refreshToken").is_none());
    let with_cookie = browser.with_header("cookie", &second);
    let again = with_cookie.raw(http::Method::POST, "/auth/refresh", "text/plain", "").await;
    cookie(&again);
    again.expect(200);

    // Signing out ends the session and removes the cookie.
    let person = Person::of(&fixture, auth);
    let browser = person.client.with_header("origin", ORIGIN).with_header("cookie", &second);
    let signed_out = browser.post("/auth/logout", json!({})).await;
    let set = signed_out.headers["set-cookie"].to_str().unwrap().to_owned();
    assert!(set.starts_with("pf_refresh=;") && set.contains("Max-Age=0"), "{set}");
    signed_out.expect(204);
    let token = second.strip_prefix("pf_refresh=").unwrap();
    assert_eq!(try_refresh(&fixture.app.anonymous(), token).await, 401);
    with_cookie.post("/auth/refresh", json!({})).await.expect_problem(401, "INVALID_REFRESH_TOKEN");
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn only_pages_of_allowed_origins_may_use_the_cookie(pool: PgPool) {
    let settings = [("CORS_ALLOWED_ORIGINS", "https://app.example")];
    let fixture = start_with_settings(&pool, &settings).await;
    let allowed = page(&fixture, "https://app.example");
    let registered = allowed.post("/auth/register", account()).await;
    let cookie = cookie(&registered);
    let person = Person::of(&fixture, registered.expect(201));

    for origin in ["http://localhost:3000", "https://evil.example", "null"] {
        let foreign = page(&fixture, origin).with_header("cookie", &cookie);
        foreign.post("/auth/refresh", json!({})).await.expect_problem(403, "ORIGIN_NOT_ALLOWED");
        let signed_in = person.client.with_header("origin", origin).with_header("cookie", &cookie);
        signed_in.post("/auth/logout", json!({})).await.expect_problem(403, "ORIGIN_NOT_ALLOWED");
        let login = json!({"email": "ada", "password": PASSWORD, "cookie": true});
        foreign.post("/auth/login", login).await.expect_problem(403, "ORIGIN_NOT_ALLOWED");
    }
    let without = fixture.app.anonymous().with_header("cookie", &cookie);
    without.post("/auth/refresh", json!({})).await.expect_problem(403, "ORIGIN_NOT_ALLOWED");
    allowed.with_header("cookie", &cookie).post("/auth/refresh", json!({})).await.expect(200);
    // A token in the body does not need the cookie, and wins over it.
    let token = cookie.strip_prefix("pf_refresh=").unwrap();
    assert_eq!(try_refresh(&without, token).await, 200);
    let problem = allowed.post("/auth/refresh", json!({})).await;
    assert_eq!(
        Answer::bad_fields(&problem.expect_problem(400, "VALIDATION_FAILED")),
        ["refreshToken"]
    );
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn the_cookie_of_a_remote_host_goes_over_tls_only(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().internal();
    let browser = client.with_header("x-forwarded-host", "forge.example");
    let registered = browser.post("/auth/register", account()).await;
    let set = registered.headers["set-cookie"].to_str().unwrap();
    assert!(set.split("; ").any(|attribute| attribute == "Secure"), "{set}");
    registered.expect(201);
}
