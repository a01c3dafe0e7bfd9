//! Those who buy and sell during a drill, and what they were promised.

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

use super::stage::{Caller, Stage};
use crate::seed::rng::{Rng, Stream};

const LISTINGS: usize = 12;

/// After a call that was not answered: the process may just be starting.
const AGAIN: Duration = Duration::from_millis(20);

/// How often a call is repeated until it is answered for good: a minute and more.
const PATIENCE: u32 = 3_000;

/// How a payment goes, as often as the others.
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

/// What was acknowledged, and must be so for ever.
#[derive(Default)]
pub struct Promises {
    pub bought: Vec<(TransactionId, LicenseId)>,
    pub refunded: Vec<TransactionId>,
    /// Of those bought, how many under a key, and of these how many were asked for again and
    /// answered with another text.
    pub keyed: u64,
    pub changed_answers: u64,
    /// Answers that nobody should get.
    pub strange: Vec<String>,
}

/// People at work.
pub struct Crowd {
    stop: Arc<AtomicBool>,
    tasks: JoinSet<anyhow::Result<Promises>>,
    pub seller: UserId,
}

/// What each of them knows.
#[derive(Clone)]
struct Market {
    seller: Caller,
    listings: Arc<Vec<String>>,
    stop: Arc<AtomicBool>,
}

impl Crowd {
    /// Lists prompts, and lets `people` buy them, while their seller pauses and prices them.
    ///
    /// # Errors
    /// When nothing can be listed.
    pub async fn gather(stage: &Stage, seed: u64, people: u32) -> anyhow::Result<Self> {
        let seller = stage.caller(UserId::new(), "seller")?;
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
        let market =
            Market { seller: seller.clone(), listings: listings.into(), stop: stop.clone() };
        let mut tasks = JoinSet::new();
        tasks.spawn(sell(market.clone(), Rng::new(seed, Stream::Drill, 1)));
        for i in 0..people {
            let rng = Rng::new(seed, Stream::Drill, u64::from(i) + 2);
            tasks.spawn(buy(market.clone(), seller.someone_else("buyer"), rng));
        }
        Ok(Self { stop, tasks, seller: seller.id })
    }

    /// Lets everyone finish what they are about, and returns what all were promised.
    ///
    /// # Errors
    /// When someone was answered what cannot be read.
    pub async fn disperse(mut self) -> anyhow::Result<Promises> {
        self.stop.store(true, Ordering::Relaxed);
        let mut all = Promises::default();
        while let Some(one) = self.tasks.join_next().await {
            let one = one.context("someone vanished")??;
            all.bought.extend(one.bought);
            all.refunded.extend(one.refunded);
            all.strange.extend(one.strange);
            all.keyed += one.keyed;
            all.changed_answers += one.changed_answers;
        }
        Ok(all)
    }
}

/// Pauses, activates and prices what is on sale.
async fn sell(market: Market, mut rng: Rng) -> anyhow::Result<Promises> {
    let mut promises = Promises::default();
    while !market.stop.load(Ordering::Relaxed) {
        let path = format!("/api/marketplace/listings/{}", pick(&mut rng, &market.listings));
        let price = json!({"price": rng.between(1, 100)});
        let (method, path, body) = match rng.below(4) {
            0 => (Method::POST, format!("{path}/pause"), json!({})),
            1 => (Method::PUT, path, price),
            _ => (Method::POST, format!("{path}/activate"), json!({})),
        };
        // Not answered is no harm: it is done or not.
        if let Ok((status, answer)) = market.seller.call(method, &path, None, &body).await
            && status == StatusCode::INTERNAL_SERVER_ERROR
        {
            promises.strange.push(answer.to_string());
        }
        sleep(Duration::from_millis(rng.between(5, 60) as u64)).await;
    }
    Ok(promises)
}

/// Buys one thing after another, half of it under keys, some of it twice at once, and has some of it
/// given back.
async fn buy(market: Market, mut buyer: Caller, mut rng: Rng) -> anyhow::Result<Promises> {
    let mut promises = Promises::default();
    for turn in 0.. {
        if market.stop.load(Ordering::Relaxed) {
            break;
        }
        // Often the same person again: one who holds the licence already, or had it given back.
        if rng.chance(0.4) {
            buyer = buyer.someone_else("buyer");
        }
        let license = if rng.chance(0.5) { "PERSONAL" } else { "COMMERCIAL" };
        let order = json!({
            "listingId": pick(&mut rng, &market.listings), "licenseType": license,
            "paymentMethod": rng.pick(&METHODS),
        });
        let key = rng.chance(0.5).then(|| format!("turn-{turn}"));
        let key = key.as_deref();
        let mut one = Promises::default();
        let (first, second) = if rng.chance(0.2) {
            let mut other = Promises::default();
            let both = tokio::join!(
                purchase(&buyer, &order, key, &mut one),
                purchase(&buyer, &order, key, &mut other),
            );
            promises.strange.append(&mut other.strange);
            (both.0?, both.1?)
        } else {
            (purchase(&buyer, &order, key, &mut one).await?, None)
        };
        promises.strange.append(&mut one.strange);
        for bought in [first, second].iter().flatten() {
            if let Some(key) = key {
                promises.keyed += 1;
                // Whatever has become of it since.
                let again = purchase(&buyer, &order, Some(key), &mut one).await?;
                promises.changed_answers += u64::from(again.as_ref() != Some(bought));
            }
            let id = text(&bought["id"])?.parse()?;
            promises.bought.push((id, text(&bought["license"]["id"])?.parse()?));
            if rng.chance(0.5) {
                refund(&market, id, &mut promises).await?;
            }
        }
    }
    Ok(promises)
}

/// Asks until it is answered for good: with a key as often as it takes, without one once.
async fn purchase(
    buyer: &Caller,
    order: &Value,
    key: Option<&str>,
    promises: &mut Promises,
) -> anyhow::Result<Option<Value>> {
    for _ in 0..PATIENCE {
        let path = "/api/marketplace/purchase";
        match buyer.call(Method::POST, path, key, order).await {
            Ok((StatusCode::CREATED, bought)) => return Ok(Some(bought)),
            Ok((StatusCode::INTERNAL_SERVER_ERROR, answer)) => {
                promises.strange.push(answer.to_string());
                return Ok(None);
            }
            Ok((StatusCode::CONFLICT, answer)) if answer["code"] == "IDEMPOTENCY_KEY_IN_USE" => {}
            Ok((StatusCode::SERVICE_UNAVAILABLE, _)) | Err(_) => {}
            // Refused: declined, held already, not on sale.
            Ok(_) => return Ok(None),
        }
        sleep(AGAIN).await;
        if key.is_none() {
            return Ok(None);
        }
    }
    promises.strange.push(format!("a purchase under a key was never answered: {order}"));
    Ok(None)
}

async fn refund(market: &Market, id: TransactionId, promises: &mut Promises) -> anyhow::Result<()> {
    let path = format!("/api/marketplace/transactions/{id}/refund");
    for _ in 0..PATIENCE {
        match market.seller.call(Method::POST, &path, None, &json!({})).await {
            Ok((StatusCode::OK, answer)) if answer["status"] == "REFUNDED" => {
                promises.refunded.push(id);
                return Ok(());
            }
            Ok((StatusCode::SERVICE_UNAVAILABLE, _)) | Err(_) => sleep(AGAIN).await,
            Ok((status, answer)) => {
                promises.strange.push(format!("a refund was answered {status}: {answer}"));
                return Ok(());
            }
        }
    }
    promises.strange.push(format!("the refund of {id} was never answered"));
    Ok(())
}

fn pick(rng: &mut Rng, all: &[String]) -> String {
    all[rng.below(all.len())].clone()
}

fn text(value: &Value) -> anyhow::Result<&str> {
    value.as_str().with_context(|| format!("{value} is no id"))
}
