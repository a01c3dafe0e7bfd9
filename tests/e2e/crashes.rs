//! Killing each process with -9 in the middle of its work loses nothing that was acknowledged.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use http::Method;
use serde_json::{Value, json};
use testkit::{Client, eventually};
use tokio::task::JoinHandle;

use crate::{
    fleet::Fleet,
    people::{account, prompt, register, stats_where},
};

/// The pauses after a write and after a failed one: short, so that every kill hits some writes.
const PACE: Duration = Duration::from_millis(10);
const AFTER_FAILURE: Duration = Duration::from_millis(50);

/// The number of listings: more than are bought at that pace, so that the kills are among purchases.
const LISTINGS: usize = 200;

/// A task that sends one request after another until it is stopped, and keeps the answers with 201.
struct Writer {
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
    task: JoinHandle<Vec<(usize, Value)>>,
}

impl Writer {
    fn start(
        client: Client,
        path: &'static str,
        body: impl Fn(usize) -> Value + Send + 'static,
    ) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let count = Arc::new(AtomicUsize::new(0));
        let counted = count.clone();
        let task = tokio::spawn(async move {
            let mut acknowledged = Vec::new();
            for i in 0.. {
                if stopped.load(Ordering::Relaxed) {
                    break;
                }
                match client.try_call(Method::POST, path, Some(&body(i))).await {
                    Ok(answer) if answer.status == 201 => {
                        acknowledged.push((i, answer.json));
                        counted.store(acknowledged.len(), Ordering::Relaxed);
                        tokio::time::sleep(PACE).await;
                    }
                    // Refused or broken off: nothing was acknowledged. The pause avoids a storm of
                    // retries.
                    _ => tokio::time::sleep(AFTER_FAILURE).await,
                }
            }
            acknowledged
        });
        Self { stop, count, task }
    }

    /// Returns the number of writes that were acknowledged so far.
    fn count(&self) -> usize {
        self.count.load(Ordering::Relaxed)
    }

    /// Waits until more than `since` writes are acknowledged.
    async fn goes_on(&self, since: usize) {
        eventually("more writes to be acknowledged", || async {
            (self.count() > since).then_some(())
        })
        .await;
    }

    async fn finish(self) -> Vec<(usize, Value)> {
        self.stop.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

/// Kills a process under a load of writes, twice, and returns the acknowledged writes.
async fn write_through_kills(
    fleet: &Fleet,
    process: &'static str,
    client: &Client,
    path: &'static str,
    body: impl Fn(usize) -> Value + Send + 'static,
) -> Vec<(usize, Value)> {
    let writer = Writer::start(client.clone(), path, body);
    let mut before = 0;
    for _ in 0..2 {
        // Each kill is in the midst of writes that work.
        writer.goes_on(before).await;
        tokio::time::sleep(Duration::from_millis(300)).await;
        before = writer.count();
        fleet.kill_and_restart(process).await;
    }
    writer.goes_on(before).await;
    writer.finish().await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_user_service_forgets_no_account() {
    let fleet = Fleet::start().await;
    let anyone = fleet.client();
    let people = write_through_kills(&fleet, "user", &anyone, "/auth/register", |i| {
        account(&format!("person{i}"))
    })
    .await;
    for (i, session) in &people {
        let body = account(&format!("person{i}"));
        let login = json!({"email": body["email"], "password": body["password"]});
        anyone.post("/auth/login", login).await.expect(200);
        let refresh = json!({"refreshToken": session["refreshToken"]});
        anyone.post("/auth/refresh", refresh).await.expect(200);
    }
    // Every account was announced; accounts whose answer was lost on the way may be counted too.
    let told = people.len() as i64;
    stats_where(&fleet, "every account counted", |stats| {
        stats["newUsersLast24h"].as_i64() >= Some(told)
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_prompt_service_forgets_no_prompt() {
    let fleet = Fleet::start().await;
    let ada = register(&fleet, "ada").await;
    let created = write_through_kills(&fleet, "prompt", &ada.client, "/prompts", |i| {
        prompt(&format!("Prompt {i}"))
    })
    .await;
    every_prompt_is_there_and_counted_once(&fleet, &ada.client, &created).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_analytics_service_counts_every_event_once() {
    let fleet = Fleet::start().await;
    let ada = register(&fleet, "ada").await;
    let created = write_through_kills(&fleet, "analytics", &ada.client, "/prompts", |i| {
        prompt(&format!("Prompt {i}"))
    })
    .await;
    every_prompt_is_there_and_counted_once(&fleet, &ada.client, &created).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_gateway_is_simply_back() {
    let fleet = Fleet::start().await;
    let ada = register(&fleet, "ada").await;
    let created = write_through_kills(&fleet, "gateway", &ada.client, "/prompts", |i| {
        prompt(&format!("Prompt {i}"))
    })
    .await;
    every_prompt_is_there_and_counted_once(&fleet, &ada.client, &created).await;
}

/// Checks that each acknowledged prompt reads back with its version, and that the statistics count
/// exactly the prompts that exist.
async fn every_prompt_is_there_and_counted_once(
    fleet: &Fleet,
    author: &Client,
    created: &[(usize, Value)],
) {
    for (_, prompt) in created {
        let path = format!("/prompts/{}", prompt["id"].as_str().unwrap());
        assert_eq!(author.get(&path).await.expect(200)["title"], prompt["title"]);
        let version = author.get(&format!("{path}/versions/1")).await.expect(200);
        assert_eq!(version["title"], prompt["title"]);
    }
    let exist = author.get("/prompts/my-prompts").await.expect(200)["totalElements"].clone();
    assert!(exist.as_u64() >= Some(created.len() as u64));
    let stats = stats_where(fleet, "every prompt counted", |stats| {
        stats["promptsCreatedLast24h"].as_i64() >= exist.as_i64()
    })
    .await;
    assert_eq!(stats["promptsCreatedLast24h"], exist, "and none twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_test_service_finishes_every_test() {
    let fleet = Fleet::start().await;
    let ada = register(&fleet, "ada").await;
    let tests = write_through_kills(&fleet, "test", &ada.client, "/api/tests", |i| {
        json!({
            "promptContent": format!("Say something about the number {i}."),
            "modelProvider": "MOCK", "modelName": "mock-slow",
        })
    })
    .await;
    for (_, test) in &tests {
        let path = format!("/api/tests/{}", test["id"].as_str().unwrap());
        eventually("the test to end", || async {
            let test = ada.client.get(&path).await.expect(200);
            (test["status"] == "COMPLETED").then_some(())
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_marketplace_service_keeps_every_sale_whole() {
    let fleet = Fleet::start().await;
    let (ada, eve) = (register(&fleet, "ada").await, register(&fleet, "eve").await);
    let mut listings = Vec::new();
    for i in 0..LISTINGS {
        let offer = json!({"promptId": ada.creates(&format!("Prompt {i}")).await, "price": 1.25});
        let listing = ada.client.post("/api/marketplace/listings", offer).await.expect(201);
        listings.push(listing["id"].clone());
    }
    let count = listings.len();
    let sales = write_through_kills(&fleet, "marketplace", &eve.client, "/api/marketplace/purchase", move |i| {
        json!({"listingId": listings[i % count], "paymentMethod": "WALLET", "licenseType": "PERSONAL"})
    })
    .await;

    // Purchases that a kill interrupted are settled; then every sale has its licence, and none is
    // lost.
    let transactions = format!("/api/marketplace/transactions/buyer/{}?size=100", eve.id);
    let settled = eventually("no purchase to be pending", || async {
        let page = eve.client.get(&transactions).await.expect(200);
        let all = page["content"].as_array().unwrap().clone();
        all.iter().all(|one| one["status"] != "PENDING").then_some(all)
    })
    .await;
    let completed: Vec<_> = settled.iter().filter(|one| one["status"] == "COMPLETED").collect();
    for (_, sale) in &sales {
        assert!(completed.iter().any(|one| one["id"] == sale["id"]), "lost: {sale}");
    }
    let licenses = eve.client.get("/api/marketplace/licenses?size=100").await.expect(200);
    assert_eq!(licenses["content"].as_array().unwrap().len(), completed.len());
    let revenue = ada.client.get(&format!("/api/marketplace/revenue/{}", ada.id)).await.expect(200);
    assert_eq!(revenue["totalSales"], completed.len());
    assert_eq!(revenue["totalRevenue"].as_f64(), Some(1.25 * completed.len() as f64));
}
