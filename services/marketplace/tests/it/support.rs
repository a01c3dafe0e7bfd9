use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use auth::{Identity, Role, identity::X_USER_ID};
use axum::{
    Json, Router,
    extract::{Path, State},
    response::{IntoResponse, Response},
    routing::get,
};
use http::{HeaderMap, StatusCode};
use ids::{ListingId, PromptId, UserId};
use marketplace_service::Config;
use serde_json::{Value, json};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testkit::{Answer, Client, INTERNAL_TOKEN, TestApp, user};
use tokio::{net::TcpListener, task::JoinHandle};

/// The service with a database of its own, beside a prompt service.
pub struct Fixture {
    pub app: TestApp,
    pub prompts: PromptService,
    pub pool: PgPool,
}

/// Looks for overdue purchases all the time; overdue is what is older than the default 15 s, so no
/// purchase of a test is unless the test makes it so.
pub async fn start(database: &PgConnectOptions) -> Fixture {
    start_with(database, &[]).await
}

pub async fn start_with(database: &PgConnectOptions, settings: &[(&str, &str)]) -> Fixture {
    let prompts = PromptService::start().await;
    let mut all = testkit::settings(database, "not used");
    let own = [("PROMPT_SERVICE_URL", prompts.url.as_str()), ("PAYMENT_SETTLE_EVERY_MS", "20")];
    let own = own.iter().chain(settings);
    all.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    let app = TestApp::start(all, Config::read, marketplace_service::run).await;
    let pool =
        PgPoolOptions::new().max_connections(2).connect_with(database.clone()).await.unwrap();
    Fixture { app, prompts, pool }
}

impl Fixture {
    pub fn client(&self, identity: &Identity) -> Client {
        self.app.anonymous().forwarded_for(identity)
    }

    /// Lists a new prompt of `seller` with these fields, and returns the `Listing`.
    pub async fn list(&self, seller: &Identity, mut fields: Value) -> Value {
        fields["promptId"] = json!(self.prompts.write(seller));
        self.client(seller).post("/api/marketplace/listings", fields).await.expect(201)
    }

    pub async fn buy(&self, buyer: &Identity, listing: &Value) -> Answer {
        self.buy_as(buyer, listing, "PERSONAL", "CREDIT_CARD").await
    }

    pub async fn buy_as(
        &self,
        buyer: &Identity,
        listing: &Value,
        license_type: &str,
        method: &str,
    ) -> Answer {
        let order = order(listing, license_type, method);
        self.client(buyer).post("/api/marketplace/purchase", order).await
    }

    /// How many rows, by a condition that the test writes itself.
    pub async fn count(&self, from_where: &str) -> i64 {
        let sql = sqlx::AssertSqlSafe(format!("select count(*) from {from_where}"));
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }
}

pub fn order(listing: &Value, license_type: &str, method: &str) -> Value {
    json!({"listingId": listing["id"], "licenseType": license_type, "paymentMethod": method})
}

pub fn admin() -> Identity {
    Identity { roles: vec![Role::User, Role::Admin], ..user("root") }
}

pub fn path_of(listing: &Value) -> String {
    format!("/api/marketplace/listings/{}", listing["id"].as_str().unwrap())
}

pub fn absent_listing() -> Value {
    json!({"id": ListingId::new()})
}

/// A prompt service that knows what the test told it.
pub struct PromptService {
    url: String,
    prompts: Prompts,
    server: JoinHandle<()>,
}

type Prompts = Arc<Mutex<HashMap<PromptId, Value>>>;

impl PromptService {
    async fn start() -> Self {
        let prompts = Prompts::default();
        let router =
            Router::new().route("/internal/prompts/{id}", get(find)).with_state(prompts.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let server = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        Self { url, prompts, server }
    }

    /// A public prompt.
    pub fn write(&self, author: &Identity) -> PromptId {
        self.write_with(author, json!({}))
    }

    /// A prompt with these fields in place of the usual ones.
    pub fn write_with(&self, author: &Identity, fields: Value) -> PromptId {
        let id = PromptId::new();
        let mut prompt = json!({
            "id": id, "title": "Code reviewer", "description": "Reviews code.",
            "content": "You review code.", "contentPreview": "You review", "category": "Programming",
            "tags": ["code"], "userId": author.id, "username": author.username,
            "visibility": "PUBLIC", "version": 3, "model": null, "averageRating": 4.5,
        });
        for (name, value) in fields.as_object().unwrap() {
            prompt[name] = value.clone();
        }
        self.prompts.lock().unwrap().insert(id, prompt);
        id
    }

    /// Ends it, as if its process had died.
    pub async fn stop(&mut self) {
        self.server.abort();
        let _ = (&mut self.server).await;
    }
}

async fn find(
    State(prompts): State<Prompts>,
    Path(id): Path<PromptId>,
    headers: HeaderMap,
) -> Response {
    assert_eq!(headers["x-internal-token"], INTERNAL_TOKEN);
    let caller: Option<UserId> =
        headers.get(&X_USER_ID).map(|id| id.to_str().unwrap().parse().unwrap());
    let prompt = prompts.lock().unwrap().get(&id).cloned();
    let visible = prompt
        .filter(|prompt| prompt["visibility"] == "PUBLIC" || prompt["userId"] == json!(caller));
    match visible {
        Some(prompt) => Json(prompt).into_response(),
        None => (StatusCode::NOT_FOUND, Json(json!({"code": "PROMPT_NOT_FOUND"}))).into_response(),
    }
}
