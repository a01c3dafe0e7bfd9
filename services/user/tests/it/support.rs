use events::local_broker::LocalBroker;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use testkit::{Client, TestApp};
use user_service::Config;

/// The service with a database and a broker of its own.
pub struct Fixture {
    pub app: TestApp,
    pub broker: LocalBroker,
}

pub async fn start(database: &PgConnectOptions) -> Fixture {
    let broker = LocalBroker::start().unwrap();
    let app = start_with(database, &broker).await;
    Fixture { app, broker }
}

pub async fn start_with(database: &PgConnectOptions, broker: &LocalBroker) -> TestApp {
    let mut settings = testkit::settings(database, broker.address());
    settings.push(("JWT_SIGNING_KEY".to_owned(), testkit::signing_key()));
    TestApp::start(settings, Config::read, user_service::run).await
}

pub fn ada() -> Value {
    json!({"username": "ada", "email": "ada@example.com", "password": "correct horse", "firstName": "Ada"})
}

/// Registers and returns the `Auth` answer.
pub async fn register(client: &Client, body: Value) -> Value {
    client.post("/auth/register", body).await.expect(201)
}
