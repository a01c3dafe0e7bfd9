//! Helpers of all tests.

use std::{
    path::{Path, PathBuf},
    sync::LazyLock,
};

use auth::{Identity, Role};
use ids::{EventId, LicenseId};
use local_broker::LocalBroker;
use mongodb::{Client as MongoClient, Collection, bson::Document};
use prompt_service::Config;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Broker, Client, TestApp, user};

/// The URL of a server that does not exist.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// The service with databases of its own and a broker.
pub struct Fixture {
    pub app: TestApp,
    pub broker: Broker,
    mongo_uri: String,
}

pub async fn start(pool: &PgPool) -> Fixture {
    let uri = mongo_uri(pool);
    start_with(pool, &uri, NOWHERE).await
}

pub async fn start_with(pool: &PgPool, mongo_uri: &str, user_service: &str) -> Fixture {
    let broker = Broker::start().await;
    let app = start_on(pool, broker.address(), mongo_uri, user_service).await;
    Fixture { app, broker, mongo_uri: mongo_uri.to_owned() }
}

/// Starts the service with a broker that the test can take down.
pub async fn start_with_local_broker(pool: &PgPool) -> (TestApp, LocalBroker) {
    let broker = LocalBroker::start().unwrap();
    (start_on(pool, broker.address(), &mongo_uri(pool), NOWHERE).await, broker)
}

async fn start_on(pool: &PgPool, brokers: &str, mongo_uri: &str, user_service: &str) -> TestApp {
    let mut settings = testkit::settings(pool, brokers);
    settings.push(("MONGODB_URI".to_owned(), mongo_uri.to_owned()));
    settings.push(("USER_SERVICE_URL".to_owned(), user_service.to_owned()));
    settings.push(("SEARCH_DIR".to_owned(), search_dir(pool).display().to_string()));
    TestApp::start(settings, Config::read, prompt_service::run).await
}

/// Returns the URI of a MongoDB database of this test and this run. A test's Postgres database is a new
/// one under the same name each time, and documents of an earlier run do not belong to it.
pub fn mongo_uri(pool: &PgPool) -> String {
    static RUN: LazyLock<String> = LazyLock::new(|| EventId::new().0.simple().to_string());
    #[expect(
        clippy::disallowed_methods,
        reason = "tests are given their stores by the environment"
    )]
    let server = std::env::var("MONGODB_URI").expect("MONGODB_URI names the server to test with");
    let options = pool.connect_options();
    let name = options.get_database().unwrap().chars().filter(char::is_ascii_alphanumeric);
    // MongoDB takes 63 characters; the first ones are the same for all tests.
    let name: String = name.skip("sqlxtest".len()).take(31).collect();
    format!("{}/{name}{}", server.trim_end_matches('/'), *RUN)
}

/// Returns the directory for search indexes of this test's database. An earlier run may have left indexes of
/// a database of the same name.
pub fn search_dir(pool: &PgPool) -> PathBuf {
    let options = pool.connect_options();
    Path::new(env!("CARGO_TARGET_TMPDIR")).join("search").join(options.get_database().unwrap())
}

/// A fixture whose app has stopped.
pub struct Stopped {
    broker: Broker,
    mongo_uri: String,
}

impl Stopped {
    /// Starts the app again.
    pub async fn start(self, pool: &PgPool) -> Fixture {
        let app = start_on(pool, self.broker.address(), &self.mongo_uri, NOWHERE).await;
        Fixture { app, broker: self.broker, mongo_uri: self.mongo_uri }
    }
}

impl Fixture {
    /// Stops the app.
    pub async fn stop(self) -> Stopped {
        let Self { app, broker, mongo_uri } = self;
        app.stop().await;
        Stopped { broker, mongo_uri }
    }

    /// Starts a second instance of the service on the same databases.
    pub async fn another_instance(&self, pool: &PgPool) -> TestApp {
        start_on(pool, self.broker.address(), &self.mongo_uri, NOWHERE).await
    }

    /// Returns the collection of versions in MongoDB.
    pub async fn versions(&self) -> Collection<Document> {
        self.collection("prompt_versions").await
    }

    /// Returns another collection of the service in MongoDB.
    pub async fn collection(&self, name: &str) -> Collection<Document> {
        let client = MongoClient::with_uri_str(&self.mongo_uri).await.unwrap();
        client.default_database().unwrap().collection(name)
    }
}

pub fn reviewer() -> Value {
    json!({
        "title": "Code reviewer",
        "content": "Review this {{ language:Rust }} code:\n{{code}}\nin {{language}}.",
        "category": "Programming",
        "tags": ["review", " rust ", "review"],
    })
}

/// Returns an administrator.
pub fn admin(username: &str) -> Identity {
    let mut admin = user(username);
    admin.roles.push(Role::Admin);
    admin
}

/// Creates a prompt and returns it.
pub async fn create(client: &Client, body: Value) -> Value {
    client.post("/prompts", body).await.expect(201)
}

/// Returns the path of a prompt.
pub fn path(prompt: &Value) -> String {
    format!("/prompts/{}", prompt["id"].as_str().unwrap())
}

pub fn private(mut body: Value) -> Value {
    body["visibility"] = json!("PRIVATE");
    body
}

/// Makes a prompt premium, as the marketplace does.
pub async fn make_premium(fixture: &Fixture, prompt: &Value) {
    let premium = json!({"premium": true, "price": 5, "revision": 1});
    let path = format!("/internal{}/premium", path(prompt));
    fixture.app.anonymous().internal().put(&path, premium).await.expect(200);
}

/// Grants a licence to a premium prompt from a version on.
pub async fn license(fixture: &Fixture, prompt: &Value, holder: &Identity, version: i32) {
    let grant = json!({"userId": holder.id, "version": version});
    let path = format!("/internal{}/entitlements/{}", path(prompt), LicenseId::new());
    fixture.app.anonymous().internal().put(&path, grant).await.expect(200);
}

/// Compares a body with `snapshots/<name>.snap`.
pub fn assert_snapshot(name: &str, body: &Value) {
    testkit::redactions().bind(|| insta::assert_json_snapshot!(name, body));
}
