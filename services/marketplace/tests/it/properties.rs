//! Random sequences of everything that sellers, buyers and accidents do, against the real app. After
//! every step what must always hold is looked at; whenever things have come to rest, what must hold
//! then.
//!
//! `PROPTEST_CASES=1000 cargo test -p marketplace-service --test it properties` looks harder.

use std::{collections::HashMap, env, time::Duration};

use auth::Identity;
use ids::PromptId;
use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestCaseError, TestRunner},
};
use serde_json::{Value, json};
use sqlx::{
    PgPool,
    postgres::{PgConnectOptions, PgPoolOptions},
};
use testkit::{Client, TestApp, eventually, user};
use tokio::runtime::{self, Runtime};

use crate::{prompt_service::PromptService, support::start_app};

/// Few of each, so that they get in each other's way.
const PROMPTS: usize = 2;
const BUYERS: usize = 2;
const KEYS: u8 = 3;

const CASES: u32 = 10;
const STEPS: std::ops::Range<usize> = 5..30;

/// So short that now and then a payment is settled by the sweeper while it is under way.
const SETTINGS: [(&str, &str); 3] = [
    ("PAYMENT_TIMEOUT_MS", "150"),
    ("PAYMENT_SETTLE_AFTER_MS", "200"),
    ("PROMPT_STEP_RETRY_MS", "20"),
];

#[derive(Clone, Debug)]
enum Step {
    List {
        prompt: usize,
        cents: u32,
    },
    Price {
        prompt: usize,
        cents: u32,
    },
    Pause {
        prompt: usize,
    },
    Activate {
        prompt: usize,
    },
    Remove {
        prompt: usize,
    },
    Buy(Buy),
    Refund {
        nth: usize,
    },
    /// The process is killed so long after it was asked for something.
    Crash {
        during: Box<Step>,
        after: Duration,
    },
    /// The prompt service goes away, or comes back.
    Away(bool),
    /// Everything comes to rest.
    Rest,
}

#[derive(Clone, Debug)]
struct Buy {
    buyer: usize,
    prompt: usize,
    commercial: bool,
    method: &'static str,
    key: Option<u8>,
}

fn step() -> impl Strategy<Value = Step> {
    let prompt = || 0..PROMPTS;
    let cents = || 1..10_000u32;
    let method = prop_oneof![
        6 => Just("WALLET"), 1 => Just("DECLINED"), 1 => Just("LATE"), 1 => Just("TIMEOUT"),
    ];
    let buy = (0..BUYERS, prompt(), any::<bool>(), method, prop::option::of(0..KEYS)).prop_map(
        |(buyer, prompt, commercial, method, key)| {
            Step::Buy(Buy { buyer, prompt, commercial, method, key })
        },
    );
    let refund = (0..8usize).prop_map(|nth| Step::Refund { nth });
    let list = (prompt(), cents()).prop_map(|(prompt, cents)| Step::List { prompt, cents });
    let price = (prompt(), cents()).prop_map(|(prompt, cents)| Step::Price { prompt, cents });
    let pause = prompt().prop_map(|prompt| Step::Pause { prompt });
    let activate = prompt().prop_map(|prompt| Step::Activate { prompt });
    let remove = prompt().prop_map(|prompt| Step::Remove { prompt });
    let during = prop_oneof![
        4 => buy.clone(), 2 => refund.clone(), 1 => list.clone(), 1 => pause.clone(),
    ];
    let crash = (during, 0..20_000u64).prop_map(|(during, micros)| Step::Crash {
        during: Box::new(during),
        after: Duration::from_micros(micros),
    });
    prop_oneof![
        4 => list, 2 => price, 2 => pause, 3 => activate, 1 => remove, 10 => buy, 4 => refund,
        4 => crash, 1 => any::<bool>().prop_map(Step::Away), 1 => Just(Step::Rest),
    ]
}

/// A process that can be killed: it has a runtime of its own, whose end ends everything in it
/// wherever it stands, connections and all.
struct Process {
    runtime: Runtime,
    app: TestApp,
}

struct World {
    process: Option<Process>,
    database: PgConnectOptions,
    prompts: PromptService,
    pool: PgPool,
    seller: Identity,
    buyers: Vec<Identity>,
    written: Vec<PromptId>,
    /// The last listing of each prompt.
    listings: HashMap<usize, String>,
}

type Checked = Result<(), TestCaseError>;

impl World {
    async fn new(database: PgConnectOptions) -> Self {
        let pool = PgPoolOptions::new().connect_with(database.clone()).await.unwrap();
        let prompts = PromptService::start().await;
        let (seller, buyers, written) = Self::people(&prompts);
        let mut world = Self {
            process: None,
            database,
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

    /// Other people and prompts, in the same database.
    async fn begin(&mut self) {
        (self.seller, self.buyers, self.written) = Self::people(&self.prompts);
        self.listings.clear();
        self.prompts.set_away(false);
    }

    async fn boot(&mut self) {
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let (database, prompts) = (self.database.clone(), self.prompts.clone());
        let started = runtime.spawn(async move { start_app(&database, &prompts, &SETTINGS).await });
        let app = started.await.unwrap();
        self.process = Some(Process { runtime, app });
    }

    fn kill(&mut self) {
        let Process { runtime, app } = self.process.take().unwrap();
        runtime.shutdown_background();
        drop(app);
    }

    fn client(&self, who: &Identity) -> Client {
        self.process.as_ref().unwrap().app.anonymous().forwarded_for(who)
    }

    /// What to ask for; `None` when there is nothing to ask about.
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
            Step::Crash { .. } | Step::Away(_) | Step::Rest => return None,
        })
    }

    async fn take(&mut self, step: &Step) -> Checked {
        match step {
            Step::Away(away) => self.prompts.set_away(*away),
            Step::Rest => self.rest().await?,
            Step::Crash { during, after } => {
                if let Some((client, method, path, body)) = self.request(during).await {
                    let call = tokio::spawn(async move {
                        // It may or may not be answered.
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
        self.always().await
    }

    /// A crash may have listed something and not have told.
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

    /// What was acknowledged is there.
    async fn check_answer(&self, buy: &Buy, status: u16, answer: &Value) -> Checked {
        if status != 201 {
            prop_assert!([402, 404, 409, 422, 503].contains(&status), "{:?}: {}", buy, answer);
            return Ok(());
        }
        let paid: bool = sqlx::query_scalar(
            "select exists (select from transactions t join licenses n on n.transaction_id = t.id
             where t.id = $1::text::uuid and n.id = $2::text::uuid
               and t.status in ('COMPLETED', 'REFUNDED'))",
        )
        .bind(answer["id"].as_str().unwrap())
        .bind(answer["license"]["id"].as_str().unwrap())
        .fetch_one(&self.pool)
        .await
        .unwrap();
        prop_assert!(paid, "acknowledged and not there: {}", answer);
        Ok(())
    }

    /// How many there are of what there must not be.
    async fn none_of(&self, what: &[(&str, &str)]) -> Checked {
        for (rule, from_where) in what {
            let sql = sqlx::AssertSqlSafe(format!("select count(*) from {from_where}"));
            let broken: i64 = sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap();
            prop_assert_eq!(broken, 0, "broken: {}", rule);
        }
        Ok(())
    }

    async fn always(&self) -> Checked {
        self.none_of(&[
            (
                "one COMPLETED has exactly one licence",
                "transactions t where t.status in ('COMPLETED', 'REFUNDED') and 1 <>
                 (select count(*) from licenses n where n.transaction_id = t.id and n.id = t.license_id)",
            ),
            (
                "no licence without a paid purchase",
                "licenses n join transactions t on t.id = n.transaction_id
                 where t.status not in ('COMPLETED', 'REFUNDED')",
            ),
            (
                "what is given back has ended",
                "licenses n join transactions t on t.id = n.transaction_id
                 where t.status = 'REFUNDED' and n.ended_at is null",
            ),
            (
                "one licence of a kind stands",
                "(select from licenses where ended_at is null
                  group by buyer_id, prompt_id, license_type having count(*) > 1) twice",
            ),
            (
                "what is completed was charged, and so much",
                "transactions t left join simulated_charges c
                     on c.idempotency_key = t.id and c.status = 'CHARGED' and c.amount = t.amount
                        and c.currency = t.currency
                 where t.status in ('COMPLETED', 'REFUNDED') and c.idempotency_key is null",
            ),
            (
                "what failed was not charged",
                "transactions t join simulated_charges c on c.idempotency_key = t.id
                 where t.status = 'FAILED' and c.status = 'CHARGED'",
            ),
            (
                "what is refunded was given back, and so much",
                "transactions t left join simulated_refunds r
                     on r.charge_key = t.id and r.amount = t.amount
                 where t.status = 'REFUNDED' and r.charge_key is null",
            ),
            (
                "nothing is given back that nobody wanted given back",
                "simulated_refunds r join transactions t on t.id = r.charge_key
                 where t.refund_requested_at is null",
            ),
            (
                "a listing counts the sales that stand",
                "listings l where l.sales_count <> (select count(*) from transactions t
                 where t.listing_id = l.id and t.status = 'COMPLETED')",
            ),
            (
                "a key is answered as its purchase was settled",
                "purchase_keys k join transactions t on t.id = k.transaction_id
                 where case t.status when 'PENDING' then k.status is not null
                                     when 'FAILED' then k.status is distinct from 402
                                     else k.status is distinct from 201 end",
            ),
        ])
        .await?;
        self.revenue_is_the_sum().await
    }

    async fn revenue_is_the_sum(&self) -> Checked {
        // Sums may move while they are read: by the sweeper.
        let sum = || async {
            let sums: (String, i64, String) = sqlx::query_as(
                "select coalesce(sum(amount) filter (where status = 'COMPLETED'), 0.00)::text,
                        count(*) filter (where status = 'COMPLETED'),
                        coalesce(sum(amount) filter (where status = 'REFUNDED'), 0.00)::text
                 from transactions where seller_id = $1",
            )
            .bind(self.seller.id)
            .fetch_one(&self.pool)
            .await
            .unwrap();
            sums
        };
        let path = format!("/api/marketplace/revenue/{}", self.seller.id);
        loop {
            let before = sum().await;
            let revenue = self.client(&self.seller).get(&path).await;
            if sum().await != before {
                continue;
            }
            let (total, sales, refunds) = before;
            let figures = format!(r#""totalRevenue":{total},"totalSales":{sales},"#);
            prop_assert!(revenue.text.contains(&figures), "{} in {}", figures, revenue.text);
            let refunds = format!(r#""refunds":{refunds},"#);
            prop_assert!(revenue.text.contains(&refunds), "{} in {}", refunds, revenue.text);
            return Ok(());
        }
    }

    /// Waits until nothing is left to be done, and looks at what must hold then.
    async fn rest(&self) -> Checked {
        self.prompts.set_away(false);
        eventually("everything to be settled and told", || async {
            let open: i64 = sqlx::query_scalar(
                "select (select count(*) from transactions where status = 'PENDING'
                         or status = 'COMPLETED' and refund_requested_at is not null)
                      + (select count(*) from prompt_steps where delivered < revision)",
            )
            .fetch_one(&self.pool)
            .await
            .unwrap();
            (open == 0).then_some(())
        })
        .await;
        self.none_of(&[
            (
                "each is given back that was wanted given back, once",
                "transactions t full join simulated_refunds r on r.charge_key = t.id
                 where (r.charge_key is not null) <> coalesce(t.status = 'REFUNDED', false)",
            ),
            (
                "each charge is a sale",
                "simulated_charges c left join transactions t on t.id = c.idempotency_key
                 where c.status = 'CHARGED'
                   and coalesce(t.status not in ('COMPLETED', 'REFUNDED'), true)",
            ),
        ])
        .await?;
        for prompt in &self.written {
            let price: Option<String> = sqlx::query_scalar(
                "select price::text from listings where prompt_id = $1 and status = 'ACTIVE'",
            )
            .bind(prompt)
            .fetch_optional(&self.pool)
            .await
            .unwrap();
            let price = price.map(|price| price.parse::<f64>().unwrap());
            let told = self.prompts.premium(*prompt).unwrap_or(json!({"premium": false}));
            prop_assert_eq!(told["price"].as_f64(), price, "price of {}: {}", prompt, told);
            prop_assert_eq!(&told["premium"], &json!(price.is_some()));
        }
        let licenses: Vec<(ids::LicenseId, bool)> = sqlx::query_as(
            "select n.id, n.ended_at is null from licenses n
             join transactions t on t.id = n.transaction_id where t.seller_id = $1",
        )
        .bind(self.seller.id)
        .fetch_all(&self.pool)
        .await
        .unwrap();
        for (license, stands) in licenses {
            let told = self.prompts.entitlement(&json!({"id": license})).unwrap_or_default();
            prop_assert_eq!(told["userId"].is_string(), stands, "{}: {}", license, told);
            prop_assert_eq!(told["revoked"] == true, !stands, "{}: {}", license, told);
        }
        Ok(())
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn whatever_happens_in_whatever_order_books_licences_and_premium_prompts_agree(
    _: PgPoolOptions,
    database: PgConnectOptions,
) {
    let run = move || {
        let runtime =
            runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let world = std::cell::RefCell::new(runtime.block_on(World::new(database)));
        let mut config = Config { failure_persistence: None, ..Config::default() };
        config.max_shrink_iters = 100;
        if env::var_os("PROPTEST_CASES").is_none() {
            config.cases = CASES;
        }
        let outcome = TestRunner::new(config).run(&vec(step(), STEPS), |steps| {
            let mut world = world.borrow_mut();
            runtime.block_on(async {
                world.begin().await;
                for step in &steps {
                    world.take(step).await?;
                }
                world.rest().await?;
                world.always().await
            })
        });
        world.into_inner().kill();
        outcome
    };
    if let Err(failure) = tokio::task::spawn_blocking(run).await.unwrap() {
        panic!("{failure}");
    }
}
