//! The service under test, and shorthands for its requests.

use auth::{Identity, Role};
use ids::ListingId;
use marketplace_service::Config;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, TestApp, eventually, user};

use crate::prompt_service::PromptService;

/// The service with a database and a prompt service of its own.
pub struct Fixture {
    pub app: TestApp,
    pub prompts: PromptService,
    pub pool: PgPool,
}

/// Starts the service with frequent jobs. Purchases are overdue after the default 15 s, so no purchase
/// of a test is, unless the test makes it so.
pub async fn start(pool: &PgPool) -> Fixture {
    start_with(pool, &[]).await
}

pub async fn start_with(pool: &PgPool, settings: &[(&str, &str)]) -> Fixture {
    start_beside(pool, PromptService::start().await, settings).await
}

/// Starts another process of the same service, or a later one.
pub async fn start_beside(
    pool: &PgPool,
    prompts: PromptService,
    settings: &[(&str, &str)],
) -> Fixture {
    let app = start_app(pool, &prompts, settings).await;
    Fixture { app, prompts, pool: pool.clone() }
}

pub async fn start_app(
    pool: &PgPool,
    prompts: &PromptService,
    settings: &[(&str, &str)],
) -> TestApp {
    let mut all = testkit::settings(pool, "not used");
    let own = [
        ("PROMPT_SERVICE_URL", prompts.url()),
        ("PAYMENT_SETTLE_EVERY_MS", "20"),
        ("PROMPT_STEP_RETRY_MS", "50"),
    ];
    let own = own.iter().chain(settings);
    all.extend(own.map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
    TestApp::start(all, Config::read, marketplace_service::run).await
}

impl Fixture {
    pub fn client(&self, identity: &Identity) -> Client {
        self.app.anonymous().forwarded_for(identity)
    }

    /// Lists a new prompt of `seller` with these fields, and returns the listing.
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

    /// Buys under an idempotency key.
    pub async fn buy_with_key(&self, buyer: &Identity, key: &str, order: &Value) -> Answer {
        let client = self.client(buyer).with_header("idempotency-key", key);
        client.post("/api/marketplace/purchase", order).await
    }

    pub async fn refund(&self, caller: &Identity, transaction: &Value) -> Answer {
        let path = format!("{}/refund", transaction_path(transaction));
        self.client(caller).post(&path, ()).await
    }

    /// Waits until the prompt service has every change.
    pub async fn wait_for_prompt_sync(&self) {
        eventually("the prompt service to be up to date", || async {
            (self.count("prompt_steps where delivered < revision").await == 0).then_some(())
        })
        .await;
    }

    /// Waits until an instance has indexed all that was committed: until it finds a listing that is
    /// committed after that.
    pub async fn wait_for_search(&self, client: &Client) {
        let nobody = user("nobody");
        let word = nobody.id.0.simple().to_string();
        let listing = self.list(&nobody, json!({"price": 1, "title": word})).await;
        eventually("the index to follow", || async {
            let answer = client.get(&format!("/api/marketplace/listings?search={word}")).await;
            (answer.status == 200 && answer.json["totalElements"] == 1).then_some(())
        })
        .await;
        self.client(&nobody).delete(&path_of(&listing)).await.expect(204);
    }

    /// Counts rows, by the `from` and `where` of a test.
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

/// Returns a transaction's path.
pub fn transaction_path(transaction: &Value) -> String {
    format!("/api/marketplace/transactions/{}", transaction["id"].as_str().unwrap())
}

/// Compares a body with `snapshots/<name>.snap`.
pub fn assert_snapshot(name: &str, body: &Value) {
    testkit::redactions().bind(|| insta::assert_json_snapshot!(name, body));
}
