//! The buyers and the seller of a drill, and what was acknowledged to them.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use anyhow::Context;
use ids::{LicenseId, TransactionId, UserId};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::{task::JoinSet, time::sleep};

use super::environment::{Environment, UserClient};
use crate::seed::rng::{Rng, Stream};

const LISTINGS: usize = 12;

/// The pause after a call without a response: the process may be starting.
const RETRY_PAUSE: Duration = Duration::from_millis(20);

/// The most attempts of a call, which take more than a minute.
const MAX_ATTEMPTS: u32 = 3_000;

/// Payment methods, all with the same probability; the simulated provider knows the odd ones.
const METHODS: [&str; 12] = [
    "WALLET",
    "CREDIT_CARD",
    "PAYPAL",
    "WALLET",
    "CREDIT_CARD",
    "PAYPAL",
    "WALLET",
    "CREDIT_CARD",
    "PAYPAL",
    "LATE",
    "DECLINED",
    "TIMEOUT",
];

/// Purchases and refunds that were acknowledged, and must be in the books.
#[derive(Default)]
pub struct Acknowledged {
    pub bought: Vec<(TransactionId, LicenseId)>,
    pub refunded: Vec<TransactionId>,
    /// The number of purchases under a key, and of those whose repetition had another response.
    pub keyed: u64,
    pub changed_answers: u64,
    /// Responses that nobody should get.
    pub unexpected: Vec<String>,
}

/// The running buyers and their seller.
pub struct Traffic {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<anyhow::Result<Acknowledged>>,
    pub seller: UserId,
}

/// The marketplace as each task sees it.
#[derive(Clone)]
struct Marketplace {
    seller: UserClient,
    listings: Arc<Vec<String>>,
    stop: Arc<AtomicBool>,
}

impl Traffic {
    /// Lists prompts, and starts buyers and the seller.
    ///
    /// # Errors
    /// When a prompt cannot be listed.
    pub async fn start(environment: &Environment, seed: u64, people: u32) -> anyhow::Result<Self> {
        let seller = environment.client(UserId::new(), "seller")?;
        let mut listings = Vec::new();
        for i in 0..LISTINGS {
            let prompt = json!({
                "title": format!("Prompt {i}"), "content": "Summarise {{text}}.", "category": "Drill",
            });
            let (status, prompt) = seller.call(Method::POST, "/prompts", None, &prompt).await?;
            anyhow::ensure!(status == StatusCode::CREATED, "no prompt: {status} {prompt}");
            let offer = json!({"promptId": prompt["id"], "price": 1.25, "commercialPrice": 19.99});
            let path = "/api/marketplace/listings";
            let (status, listing) = seller.call(Method::POST, path, None, &offer).await?;
            anyhow::ensure!(status == StatusCode::CREATED, "no listing: {status} {listing}");
            listings.push(listing["id"].as_str().unwrap_or_default().to_owned());
        }
        let stop = Arc::new(AtomicBool::new(false));
        let marketplace =
            Marketplace { seller: seller.clone(), listings: listings.into(), stop: stop.clone() };
        let mut tasks = JoinSet::new();
        tasks.spawn(sell(marketplace.clone(), Rng::new(seed, Stream::Drill, 1)));
        for i in 0..people {
            let rng = Rng::new(seed, Stream::Drill, u64::from(i) + 2);
            tasks.spawn(buy(marketplace.clone(), seller.with_new_user("buyer"), rng));
        }
        Ok(Self { stop, tasks, seller: seller.id })
    }

    /// Waits until all finish their calls, and returns what was acknowledged to them.
    ///
    /// # Errors
    /// When a response cannot be read.
    pub async fn stop(mut self) -> anyhow::Result<Acknowledged> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Acknowledged::default();
        while let Some(one) = self.tasks.join_next().await {
            let one = one.context("someone vanished")??;
            all.bought.extend(one.bought);
            all.refunded.extend(one.refunded);
            all.unexpected.extend(one.unexpected);
            all.keyed += one.keyed;
            all.changed_answers += one.changed_answers;
        }
        Ok(all)
    }
}

/// Pauses, activates and prices the listings.
async fn sell(marketplace: Marketplace, mut rng: Rng) -> anyhow::Result<Acknowledged> {
    let mut acknowledged = Acknowledged::default();
    while !marketplace.stop.load(Ordering::Relaxed) {
        let path = format!("/api/marketplace/listings/{}", pick(&mut rng, &marketplace.listings));
        let price = json!({"price": rng.between(1, 100)});
        let (method, path, body) = match rng.below(4) {
            0 => (Method::POST, format!("{path}/pause"), json!({})),
            1 => (Method::PUT, path, price),
            _ => (Method::POST, format!("{path}/activate"), json!({})),
        };
        // Without a response the change is made or not; both are right.
        if let Ok((status, answer)) = marketplace.seller.call(method, &path, None, &body).await
            && status == StatusCode::INTERNAL_SERVER_ERROR
        {
            acknowledged.unexpected.push(answer.to_string());
        }
        sleep(Duration::from_millis(rng.between(5, 60) as u64)).await;
    }
    Ok(acknowledged)
}

/// Buys one licence after another, half of them under keys and some twice at once, and has some refunded.
async fn buy(
    marketplace: Marketplace,
    mut buyer: UserClient,
    mut rng: Rng,
) -> anyhow::Result<Acknowledged> {
    let mut acknowledged = Acknowledged::default();
    for turn in 0.. {
        if marketplace.stop.load(Ordering::Relaxed) {
            break;
        }
        // Often the same buyer again, who holds the licence already, or had it refunded.
        if rng.chance(0.4) {
            buyer = buyer.with_new_user("buyer");
        }
        let license = if rng.chance(0.5) { "PERSONAL" } else { "COMMERCIAL" };
        let order = json!({
            "listingId": pick(&mut rng, &marketplace.listings), "licenseType": license,
            "paymentMethod": rng.pick(&METHODS),
        });
        let key = rng.chance(0.5).then(|| format!("turn-{turn}"));
        let key = key.as_deref();
        let mut one = Acknowledged::default();
        let (first, second) = if rng.chance(0.2) {
            let mut other = Acknowledged::default();
            let both = tokio::join!(
                purchase(&buyer, &order, key, &mut one),
                purchase(&buyer, &order, key, &mut other),
            );
            acknowledged.unexpected.append(&mut other.unexpected);
            (both.0?, both.1?)
        } else {
            (purchase(&buyer, &order, key, &mut one).await?, None)
        };
        acknowledged.unexpected.append(&mut one.unexpected);
        for bought in [first, second].iter().flatten() {
            if let Some(key) = key {
                acknowledged.keyed += 1;
                // The response must be the same, even after a refund.
                let again = purchase(&buyer, &order, Some(key), &mut one).await?;
                acknowledged.changed_answers += u64::from(again.as_ref() != Some(bought));
            }
            let id = text(&bought["id"])?.parse()?;
            acknowledged.bought.push((id, text(&bought["license"]["id"])?.parse()?));
            if rng.chance(0.5) {
                refund(&marketplace, id, &mut acknowledged).await?;
            }
        }
    }
    Ok(acknowledged)
}

/// Purchases a licence: with a key until there is a final response, without one once.
async fn purchase(
    buyer: &UserClient,
    order: &Value,
    key: Option<&str>,
    acknowledged: &mut Acknowledged,
) -> anyhow::Result<Option<Value>> {
    for _ in 0..MAX_ATTEMPTS {
        let path = "/api/marketplace/purchase";
        match buyer.call(Method::POST, path, key, order).await {
            Ok((StatusCode::CREATED, bought)) => return Ok(Some(bought)),
            Ok((StatusCode::INTERNAL_SERVER_ERROR, answer)) => {
                acknowledged.unexpected.push(answer.to_string());
                return Ok(None);
            }
            Ok((StatusCode::CONFLICT, answer)) if answer["code"] == "IDEMPOTENCY_KEY_IN_USE" => {}
            Ok((StatusCode::SERVICE_UNAVAILABLE, _)) | Err(_) => {}
            // The purchase is refused: declined, held already, or not on sale.
            Ok(_) => return Ok(None),
        }
        sleep(RETRY_PAUSE).await;
        if key.is_none() {
            return Ok(None);
        }
    }
    acknowledged.unexpected.push(format!("a purchase under a key was never answered: {order}"));
    Ok(None)
}

async fn refund(
    marketplace: &Marketplace,
    id: TransactionId,
    acknowledged: &mut Acknowledged,
) -> anyhow::Result<()> {
    let path = format!("/api/marketplace/transactions/{id}/refund");
    for _ in 0..MAX_ATTEMPTS {
        match marketplace.seller.call(Method::POST, &path, None, &json!({})).await {
            Ok((StatusCode::OK, answer)) if answer["status"] == "REFUNDED" => {
                acknowledged.refunded.push(id);
                return Ok(());
            }
            Ok((StatusCode::SERVICE_UNAVAILABLE, _)) | Err(_) => sleep(RETRY_PAUSE).await,
            Ok((status, answer)) => {
                acknowledged.unexpected.push(format!("a refund was answered {status}: {answer}"));
                return Ok(());
            }
        }
    }
    acknowledged.unexpected.push(format!("the refund of {id} was never answered"));
    Ok(())
}

fn pick(rng: &mut Rng, all: &[String]) -> String {
    all[rng.below(all.len())].clone()
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value.as_str().with_context(|| format!("{value} is no id"))
}
