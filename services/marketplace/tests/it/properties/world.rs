//! Sellers, buyers, the process under test, and how a step is carried out.

use std::collections::HashMap;

use auth::Identity;
use ids::PromptId;
use proptest::{prelude::*, test_runner::TestCaseError};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, TestApp, user};
use tokio::runtime::{self, Runtime};

use super::steps::{BUYERS, PROMPTS, Step};
use crate::{prompt_service::PromptService, support::start_app};

/// So short that the job sometimes settles a payment that is still under way.
const SETTINGS: [(&str, &str); 3] = [
    ("PAYMENT_TIMEOUT_MS", "150"),
    ("PAYMENT_SETTLE_AFTER_MS", "200"),
    ("PROMPT_STEP_RETRY_MS", "20"),
];

/// A process that can be killed: it has a runtime of its own, whose end drops every task in it at
/// whatever point it is, and every connection.
struct Process {
    runtime: Runtime,
    app: TestApp,
}

pub struct World {
    process: Option<Process>,
    pub(super) prompts: PromptService,
    pub(super) pool: PgPool,
    pub(super) seller: Identity,
    buyers: Vec<Identity>,
    pub(super) written: Vec<PromptId>,
    /// The last listing of each prompt.
    listings: HashMap<usize, String>,
}

pub(super) type Checked = Result<(), TestCaseError>;

impl World {
    /// Connects once more: connections belong to the runtime that opened them, and the pool of the test has
    /// another one.
    pub(super) async fn new(test: &PgPool) -> Self {
        let options = test.connect_options().as_ref().clone();
        let pool = PgPool::connect_with(options).await.unwrap();
        let prompts = PromptService::start().await;
        let (seller, buyers, written) = Self::people(&prompts);
        let mut world = Self {
            process: None,
            prompts,
            pool,
            seller,
            buyers,
            written,
            listings: HashMap::new(),
        };
        world.boot().await;
        world
    }

    fn people(prompts: &PromptService) -> (Identity, Vec<Identity>, Vec<PromptId>) {
        let seller = user("ada");
        let written = (0..PROMPTS).map(|_| prompts.write(&seller)).collect();
        (seller, (0..BUYERS).map(|_| user("bob")).collect(), written)
    }

    /// Replaces people and prompts for the next case, in the same database.
    pub(super) async fn start_case(&mut self) {
        (self.seller, self.buyers, self.written) = Self::people(&self.prompts);
        self.listings.clear();
        self.prompts.set_away(false);
    }

    async fn boot(&mut self) {
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (pool, prompts) = (self.pool.clone(), self.prompts.clone());
        let started = runtime.spawn(async move { start_app(&pool, &prompts, &SETTINGS).await });
        let app = started.await.unwrap();
        self.process = Some(Process { runtime, app });
    }

    pub(super) fn kill(&mut self) {
        let Process { runtime, app } = self.process.take().unwrap();
        runtime.shutdown_background();
        drop(app);
    }

    pub(super) fn client(&self, who: &Identity) -> Client {
        self.process.as_ref().unwrap().app.anonymous().forwarded_for(who)
    }

    /// Returns the request of a step; `None` when it has no object yet.
    async fn request(&self, step: &Step) -> Option<(Client, http::Method, String, Value)> {
        use http::Method;
        let seller = || self.client(&self.seller);
        let of = |prompt: &usize| {
            let id = self.listings.get(prompt)?;
            Some(format!("/api/marketplace/listings/{id}"))
        };
        Some(match step {
            Step::List { prompt, cents } => {
                let price = f64::from(*cents) / 100.0;
                let body = json!({
                    "promptId": self.written[*prompt], "price": price, "commercialPrice": 7,
                });
                (seller(), Method::POST, "/api/marketplace/listings".to_owned(), body)
            }
            Step::Price { prompt, cents } => {
                let body = json!({"price": f64::from(*cents) / 100.0});
                (seller(), Method::PUT, of(prompt)?, body)
            }
            Step::Pause { prompt } => {
                (seller(), Method::POST, format!("{}/pause", of(prompt)?), json!({}))
            }
            Step::Activate { prompt } => {
                (seller(), Method::POST, format!("{}/activate", of(prompt)?), json!({}))
            }
            Step::Remove { prompt } => (seller(), Method::DELETE, of(prompt)?, json!({})),
            Step::Buy(buy) => {
                let license = if buy.commercial { "COMMERCIAL" } else { "PERSONAL" };
                let body = json!({
                    "listingId": self.listings.get(&buy.prompt)?, "licenseType": license,
                    "paymentMethod": buy.method,
                });
                let client = self.client(&self.buyers[buy.buyer]);
                let client = match buy.key {
                    Some(key) => client.with_header("idempotency-key", &format!("key-{key}")),
                    None => client,
                };
                (client, Method::POST, "/api/marketplace/purchase".to_owned(), body)
            }
            Step::Refund { nth } => {
                let sales: Vec<ids::TransactionId> = sqlx::query_scalar(
                    "select id from transactions where seller_id = $1 order by id",
                )
                .bind(self.seller.id)
                .fetch_all(&self.pool)
                .await
                .unwrap();
                let id = sales.get(nth % sales.len().max(1))?;
                let path = format!("/api/marketplace/transactions/{id}/refund");
                (seller(), Method::POST, path, json!({}))
            }
            Step::Crash { .. } | Step::Away(_) | Step::Idle => return None,
        })
    }

    pub(super) async fn carry_out(&mut self, step: &Step) -> Checked {
        match step {
            Step::Away(away) => self.prompts.set_away(*away),
            Step::Idle => self.wait_until_idle().await?,
            Step::Crash { during, after } => {
                if let Some((client, method, path, body)) = self.request(during).await {
                    let call = tokio::spawn(async move {
                        // The kill may prevent the response.
                        let _ = client.try_call(method, &path, Some(&body)).await;
                    });
                    tokio::time::sleep(*after).await;
                    self.kill();
                    call.await.unwrap();
                } else {
                    self.kill();
                }
                self.boot().await;
                self.find_listings().await;
            }
            _ => {
                let Some((client, method, path, body)) = self.request(step).await else {
                    return Ok(());
                };
                let answer = client.try_call(method, &path, Some(&body)).await.unwrap();
                let status = answer.status.as_u16();
                prop_assert!(status != 500, "{:?}: {}", step, answer.text);
                self.find_listings().await;
                if let Step::Buy(buy) = step {
                    self.check_answer(buy, status, &answer.json).await?;
                }
            }
        }
        self.check_always().await
    }

    /// Loads the last listing of each prompt: a crash may have hidden the response that named it.
    async fn find_listings(&mut self) {
        for (i, prompt) in self.written.iter().enumerate() {
            let last: Option<ids::ListingId> = sqlx::query_scalar(
                "select id from listings where prompt_id = $1 order by id desc limit 1",
            )
            .bind(prompt)
            .fetch_optional(&self.pool)
            .await
            .unwrap();
            if let Some(last) = last {
                self.listings.insert(i, last.to_string());
            }
        }
    }
}
