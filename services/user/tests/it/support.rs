//! The service under test, and the users who call it.

use auth::{Identity, Role};
use axum::{Router, http::StatusCode, routing};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use ids::UserId;
use internal_api::{Call, marketplace::ForgetUser};
use local_broker::LocalBroker;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, TestApp};
use tokio::net::TcpListener;
use user_service::Config;

/// Nothing listens here.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// The password of every test account.
pub const PASSWORD: &str = "correct horse";

/// The service with a database and a broker of its own.
pub struct Fixture {
    pub app: TestApp,
    pub broker: LocalBroker,
}

pub async fn start(pool: &PgPool) -> Fixture {
    start_with_settings(pool, &[]).await
}

/// Starts the service with settings that override the usual ones.
pub async fn start_with_settings(pool: &PgPool, settings: &[(&str, &str)]) -> Fixture {
    let broker = LocalBroker::start().unwrap();
    let app = start_with_broker(pool, &broker, settings).await;
    Fixture { app, broker }
}

pub async fn start_with_broker(
    pool: &PgPool,
    broker: &LocalBroker,
    settings: &[(&str, &str)],
) -> TestApp {
    let mut all = usual_settings(pool, broker.address());
    all.push(("MARKETPLACE_SERVICE_URL".to_owned(), marketplace().await));
    all.extend(settings.iter().map(|(name, value)| (name.to_string(), value.to_string())));
    TestApp::start(all, Config::read, user_service::run).await
}

/// Starts a marketplace that has nothing of any user, and returns its URL.
async fn marketplace() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let forget = routing::delete(async || StatusCode::NO_CONTENT);
    let router = Router::new().route(ForgetUser::PATH, forget);
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    url
}

pub fn usual_settings(pool: &PgPool, brokers: &str) -> Vec<(String, String)> {
    let mut settings = testkit::settings(pool, brokers);
    settings.push(("JWT_SIGNING_KEY".to_owned(), testkit::signing_key()));
    settings.push(("PROMPT_SERVICE_URL".to_owned(), NOWHERE.to_owned()));
    settings.push(("MARKETPLACE_SERVICE_URL".to_owned(), NOWHERE.to_owned()));
    settings
}

pub fn ada() -> Value {
    json!({"username": "ada", "email": "ada@example.com", "password": PASSWORD, "firstName": "Ada"})
}

/// Registers a user and returns the `AuthResponse`.
pub async fn register(client: &Client, body: Value) -> Value {
    client.post("/auth/register", body).await.expect(201)
}

/// A logged-in user.
pub struct Person {
    pub id: UserId,
    /// The `AuthResponse`.
    pub auth: Value,
    /// A client that calls as the gateway forwards the user's calls.
    pub client: Client,
}

impl Person {
    pub fn of(fixture: &Fixture, auth: Value) -> Self {
        let identity = identity(&auth);
        let client = fixture.app.anonymous().forwarded_for(&identity);
        Self { id: identity.id, auth, client }
    }

    pub fn refresh_token(&self) -> &str {
        self.auth["refreshToken"].as_str().unwrap()
    }
}

/// Registers a user with the address `username@example.com`.
pub async fn join(fixture: &Fixture, username: &str) -> Person {
    let body = json!({
        "username": username, "email": format!("{username}@example.com"), "password": PASSWORD,
    });
    Person::of(fixture, register(&fixture.app.anonymous(), body).await)
}

/// Logs a user in once more.
pub async fn sign_in(fixture: &Fixture, username: &str) -> Person {
    let body = json!({"email": username, "password": PASSWORD});
    let auth = fixture.app.anonymous().post("/auth/login", body).await.expect(200);
    Person::of(fixture, auth)
}

/// Registers a user who is an administrator, in the database and by their token.
pub async fn join_admin(fixture: &Fixture, pool: &PgPool, username: &str) -> Person {
    let person = join(fixture, username).await;
    sqlx::query("update users set roles = '{USER,ADMIN}' where id = $1")
        .bind(person.id)
        .execute(pool)
        .await
        .unwrap();
    let person = sign_in(fixture, username).await;
    assert!(identity(&person.auth).roles.contains(&Role::Admin));
    person
}

/// Returns the identity that an access token names.
pub fn identity(auth: &Value) -> Identity {
    let payload = auth["accessToken"].as_str().unwrap().split('.').nth(1).unwrap();
    let claims: auth::Claims =
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap();
    Identity::from(&claims)
}

/// Returns a client that calls as the gateway forwards requests from an address.
pub fn from_address(client: &Client, address: &str) -> Client {
    client.internal().with_header("x-forwarded-for", address)
}

/// Tries to log in, and returns the status.
pub async fn try_login(client: &Client, name: &str, password: &str) -> u16 {
    let body = json!({"email": name, "password": password});
    client.post("/auth/login", body).await.status.as_u16()
}

/// Tries to exchange a refresh token, and returns the status.
pub async fn try_refresh(client: &Client, token: &str) -> u16 {
    client.post("/auth/refresh", json!({"refreshToken": token})).await.status.as_u16()
}

/// Waits until `count` statements wait for a lock in this database.
pub async fn until_waiting(pool: &PgPool, count: i64) {
    testkit::eventually(&format!("{count} who wait"), || async {
        let waiting: i64 = sqlx::query_scalar(
            "select count(*) from pg_stat_activity
             where datname = current_database() and wait_event_type = 'Lock'",
        )
        .fetch_one(pool)
        .await
        .unwrap();
        (waiting == count).then_some(())
    })
    .await;
}

/// Returns the usernames of a page.
pub fn usernames(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|u| u["username"].as_str().unwrap()).collect()
}
