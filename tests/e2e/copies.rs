//! What the instances of a service keep of its answers: a change through one is seen through the others within a
//! second, and what is withheld is never seen.

mod readers;

use std::{
    future::Future,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use testkit::{Answer, Client, eventually};

use crate::{
    fleet::Fleet,
    people::{Person, account, prompt, register},
};
use readers::{Readers, Sight};

/// The time after which a read that begins shows a change.
const SEEN_WITHIN: Duration = Duration::from_secs(1);

/// Makes a change, and reads through each client until the change shows.
async fn shows_within_a_second<T>(
    what: &str,
    readers: &[&Client],
    path: &str,
    shows: impl Fn(&Answer) -> bool,
    change: impl Future<Output = T>,
) -> T {
    // Each instance has a copy.
    for reader in readers.iter().chain(readers) {
        reader.get(path).await;
    }
    let changed = change.await;
    let changed_at = Instant::now();
    for reader in readers {
        loop {
            let began_at = Instant::now();
            let answer = reader.get(path).await;
            if shows(&answer) {
                break;
            }
            let late = began_at - changed_at;
            assert!(late < SEEN_WITHIN, "{what}, {late:?} after: {}", answer.text);
        }
    }
    changed
}

/// Signs a user in, and returns the access token.
async fn token(fleet: &Fleet, username: &str) -> String {
    let login = json!({"email": username, "password": account(username)["password"]});
    let session = fleet.client().post("/auth/login", login).await.expect(200);
    session["accessToken"].as_str().unwrap().to_owned()
}

async fn start_with_admin() -> (Fleet, Client) {
    let password = account("root")["password"].as_str().unwrap().to_owned();
    let admin = [("ADMIN_EMAIL", "root@example.com"), ("ADMIN_PASSWORD", password.as_str())];
    let fleet = Fleet::start_doubled(&admin).await;
    eventually("the first administrator", || async {
        let found = fleet.client().get("/users/by-username/root").await;
        (found.status == 200).then_some(())
    })
    .await;
    let root = fleet.client().with_bearer(&token(&fleet, "root").await);
    (fleet, root)
}

/// Returns a client of each gateway, and of each instance of a service.
fn everywhere(fleet: &Fleet, service: &str) -> [Client; 4] {
    ["gateway", "gateway-2", service, &format!("{service}-2")].map(|process| fleet.direct(process))
}

#[tokio::test(flavor = "multi_thread")]
async fn while_all_read_a_prompt_is_edited_hidden_sold_and_deleted_and_nobody_sees_too_much() {
    /// Behind the preview, which everyone may read.
    const WITHHELD: &str = "what only buyers read";
    // The readers are as fast as they can.
    let fleet = Fleet::start_doubled(&[("RATE_LIMIT_PROFILE", "off")]).await;
    let (ada, eve) = (register(&fleet, "ada").await, register(&fleet, "eve").await);
    let id = ada.creates("As it was").await;
    let path = format!("/prompts/{id}");
    let mut clients = everywhere(&fleet, "prompt").to_vec();
    clients.push(eve.client.clone());
    let readers = Readers::start(clients, &path);

    let is_titled = |title: &'static str| {
        move |sight: &Sight| sight.status == 200 && sight.json["title"] == title
    };
    let edit = async |body: Value| drop(ada.client.put(&path, body).await.expect(200));
    readers.all_see("as it was", is_titled("As it was"), async {}).await;
    let body = json!({"title": "Edited"});
    readers.all_see("edited", is_titled("Edited"), edit(body)).await;
    let body = json!({"visibility": "PRIVATE"});
    readers.all_see("hidden", |sight| sight.status == 404, edit(body)).await;
    let body = json!({"visibility": "PUBLIC"});
    readers.all_see("shown", is_titled("Edited"), edit(body)).await;

    let sell = async {
        let offer = json!({"promptId": id, "price": 9.9});
        ada.client.post("/api/marketplace/listings", offer).await.expect(201);
    };
    let is_withheld = |sight: &Sight| sight.status == 200 && sight.json["content"].is_null();
    readers.all_see("sold", is_withheld, sell).await;
    let content = format!("{} {WITHHELD}", "word ".repeat(60));
    let body = json!({"title": "Edited on sale", "content": content});
    readers.all_see("edited on sale", is_titled("Edited on sale"), edit(body)).await;
    let delete = async { drop(ada.client.delete(&path).await.expect(204)) };
    readers.all_see("deleted", |sight| sight.status == 404, delete).await;

    let sights = readers.stop().await;
    assert!(sights.iter().all(|sight| !sight.json.to_string().contains(WITHHELD)));
    let on_sale = |sight: &&Sight| sight.json["title"] == "Edited on sale";
    assert!(sights.iter().filter(on_sale).all(|sight| sight.json["content"].is_null()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_not_found_is_found_through_every_instance_once_it_is_there() {
    let fleet = Fleet::start_doubled(&[]).await;
    let ada = register(&fleet, "ada").await;
    let mut draft = prompt("Not yet");
    draft["isPublic"] = json!(false);
    let id = ada.client.post("/prompts", draft).await.expect(201)["id"].clone();
    let path = format!("/prompts/{}", id.as_str().unwrap());
    let by_name = "/users/by-username/eve";
    let (prompts, users) = (everywhere(&fleet, "prompt"), everywhere(&fleet, "user"));
    for _ in 0..2 {
        for (prompts, users) in prompts.iter().zip(&users) {
            prompts.get(&path).await.expect_problem(404, "PROMPT_NOT_FOUND");
            users.get(by_name).await.expect_problem(404, "USER_NOT_FOUND");
        }
    }
    ada.client.put(&path, json!({"visibility": "PUBLIC"})).await.expect(200);
    let eve = register(&fleet, "eve").await;
    for (prompts, users) in prompts.iter().zip(&users) {
        prompts.get(&path).await.expect(200);
        assert_eq!(users.get(by_name).await.expect(200)["id"], eve.id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_a_follow_and_a_suspension_show_through_every_instance() {
    let (fleet, root) = start_with_admin().await;
    let (ada, eve) = (register(&fleet, "ada").await, register(&fleet, "eve").await);
    let id = ada.creates("Of a suspended author").await;
    let all = everywhere(&fleet, "user");
    let all: Vec<&Client> = all.iter().collect();
    let profile = format!("/users/{}", ada.id);

    let rename = ada.client.put("/users/me", json!({"firstName": "Augusta"}));
    let is_renamed = |answer: &Answer| answer.json["firstName"] == "Augusta";
    shows_within_a_second("a name", &all, &profile, is_renamed, rename).await.expect(200);

    let (follow, stats) = (format!("/users/follow/{}", ada.id), format!("/users/stats/{}", ada.id));
    let followers = format!("/users/followers/{}", ada.id);
    let count = |count: i64| move |answer: &Answer| answer.json["followersCount"] == count;
    let total = |count: i64| move |answer: &Answer| answer.json["totalElements"] == count;
    shows_within_a_second("a follow", &all, &stats, count(1), eve.client.post(&follow, ()))
        .await
        .expect(200);
    shows_within_a_second("unfollowed", &all, &followers, total(0), eve.client.delete(&follow))
        .await
        .expect(200);

    let suspend = format!("/users/{}/suspend", ada.id);
    let is_gone = |answer: &Answer| answer.status == 404;
    let by_name = "/users/by-username/ada";
    shows_within_a_second("suspended", &all, by_name, is_gone, root.post(&suspend, ()))
        .await
        .expect(200);
    for path in [&profile, &stats, &followers] {
        shows_within_a_second("suspended", &all, path, is_gone, async {}).await;
    }
    // What a suspended author published stays, under their name.
    let shown = fleet.client().get(&format!("/prompts/{id}")).await.expect(200);
    assert_eq!(shown["username"], "ada");
    let activate = format!("/users/{}/activate", ada.id);
    let is_back = |answer: &Answer| answer.status == 200;
    shows_within_a_second("activated", &all, &profile, is_back, root.post(&activate, ()))
        .await
        .expect(200);
}

/// Buys a listing and returns the transaction's path.
async fn buy(buyer: &Person, listing: &Value) -> String {
    let order = json!({
        "listingId": listing["id"], "paymentMethod": "CREDIT_CARD", "licenseType": "PERSONAL",
    });
    let bought = buyer.client.post("/api/marketplace/purchase", order).await.expect(201);
    format!("/api/marketplace/transactions/{}", bought["id"].as_str().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_price_a_pause_a_purchase_and_a_refund_show_through_every_instance() {
    const LISTINGS: &str = "/api/marketplace/listings";
    let fleet = Fleet::start_doubled(&[]).await;
    let (ada, eve) = (register(&fleet, "ada").await, register(&fleet, "eve").await);
    let id = ada.creates("On sale").await;
    let offer = json!({"promptId": id, "price": 9.9});
    let all = everywhere(&fleet, "marketplace");
    let all: Vec<&Client> = all.iter().collect();
    let listed = |answer: &Answer| answer.json["totalElements"] == 1;
    let list = ada.client.post(LISTINGS, offer);
    let listing = shows_within_a_second("listed", &all, LISTINGS, listed, list).await.expect(201);
    let path = format!("{LISTINGS}/{}", listing["id"].as_str().unwrap());

    let has_price = |answer: &Answer| answer.json["price"] == 5.0;
    let change = ada.client.put(&path, json!({"price": 5.0}));
    shows_within_a_second("a price", &all, &path, has_price, change).await.expect(200);
    let is_gone = |answer: &Answer| answer.status == 404;
    let pause = async { ada.client.post(&format!("{path}/pause"), ()).await };
    shows_within_a_second("paused", &all, &path, is_gone, pause).await.expect(200);
    let is_empty = |answer: &Answer| answer.json["totalElements"] == 0;
    shows_within_a_second("paused", &all, LISTINGS, is_empty, async {}).await;
    let back = async { ada.client.post(&format!("{path}/activate"), ()).await };
    shows_within_a_second("on sale again", &all, LISTINGS, listed, back).await.expect(200);

    // The buyer, through both gateways, and everyone else.
    let token = token(&fleet, "eve").await;
    let through = ["gateway", "gateway-2"].map(|it| fleet.direct(it).with_bearer(&token));
    let through: Vec<&Client> = through.iter().collect();
    let prompt = format!("/prompts/{id}");
    let has_content = |answer: &Answer| answer.json["content"].is_string();
    let is_withheld = |answer: &Answer| answer.status == 200 && answer.json["content"].is_null();
    let purchase = buy(&eve, &listing);
    let transaction =
        shows_within_a_second("bought", &through, &prompt, has_content, purchase).await;
    for stranger in everywhere(&fleet, "prompt") {
        assert!(is_withheld(&stranger.get(&prompt).await));
    }
    let sold = |answer: &Answer| answer.json["salesCount"] == 1;
    shows_within_a_second("a sale", &all, &path, sold, async {}).await;
    let refund = async { ada.client.post(&format!("{transaction}/refund"), ()).await };
    shows_within_a_second("refunded", &through, &prompt, is_withheld, refund).await.expect(200);
}
