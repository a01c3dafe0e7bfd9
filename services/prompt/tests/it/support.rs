use events::local_broker::LocalBroker;
use mongodb::{Client as MongoClient, Collection, bson::Document};
use prompt_service::Config;
use serde_json::{Value, json};
use sqlx::postgres::PgConnectOptions;
use testkit::{Client, TestApp};

/// Nothing listens here.
pub const NOWHERE: &str = "http://127.0.0.1:9";

/// The service with databases and a broker of its own.
pub struct Fixture {
    pub app: TestApp,
    pub broker: LocalBroker,
    mongo_uri: String,
}

pub async fn start(database: &PgConnectOptions) -> Fixture {
    let uri = mongo_uri(database);
    start_with(database, &uri, NOWHERE).await
}

pub async fn start_with(
    database: &PgConnectOptions,
    mongo_uri: &str,
    user_service: &str,
) -> Fixture {
    let broker = LocalBroker::start().unwrap();
    let mut settings = testkit::settings(database, broker.address());
    settings.push(("MONGODB_URI".to_owned(), mongo_uri.to_owned()));
    settings.push(("USER_SERVICE_URL".to_owned(), user_service.to_owned()));
    let app = TestApp::start(settings, Config::read, prompt_service::run).await;
    Fixture { app, broker, mongo_uri: mongo_uri.to_owned() }
}

/// A MongoDB database of the test's own.
pub fn mongo_uri(database: &PgConnectOptions) -> String {
    let server = std::env::var("MONGODB_URI").expect("MONGODB_URI names the server to test with");
    let name: String =
        database.get_database().unwrap().chars().filter(char::is_ascii_alphanumeric).collect();
    format!("{}/{name}", server.trim_end_matches('/'))
}

impl Fixture {
    /// The versions, as MongoDB holds them.
    pub async fn versions(&self) -> Collection<Document> {
        let client = MongoClient::with_uri_str(&self.mongo_uri).await.unwrap();
        client.default_database().unwrap().collection("prompt_versions")
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

/// Creates a prompt and returns it.
pub async fn create(client: &Client, body: Value) -> Value {
    client.post("/prompts", body).await.expect(201)
}

/// The path of a prompt.
pub fn path(prompt: &Value) -> String {
    format!("/prompts/{}", prompt["id"].as_str().unwrap())
}

pub fn private(mut body: Value) -> Value {
    body["visibility"] = json!("PRIVATE");
    body
}
