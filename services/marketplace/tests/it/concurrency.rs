//! Concurrent purchases and refunds.

use std::collections::HashSet;

use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};
use tokio::task::JoinSet;

use crate::support::{Fixture, order, start};

const AT_ONCE: usize = 200;

async fn all(attempts: JoinSet<Answer>) -> Vec<Answer> {
    attempts.join_all().await
}

async fn one_sale_is_all_there_is(fixture: &Fixture) {
    for one in [
        "transactions",
        "transactions where status = 'COMPLETED'",
        "licenses where ended_at is null",
        "simulated_charges where status = 'CHARGED'",
        "listings where sales_count = 1",
        "prompt_steps where about = 'LICENSE'",
    ] {
        assert_eq!(fixture.count(one).await, 1, "{one}");
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn two_hundred_purchases_at_once_under_one_key_are_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 19.99})).await;
    let client = fixture.client(&bob).with_header("idempotency-key", "one");
    let mut attempts = JoinSet::new();
    for _ in 0..AT_ONCE {
        let (client, order) = (client.clone(), order(&listing, "PERSONAL", "WALLET"));
        attempts.spawn(async move { client.post("/api/marketplace/purchase", order).await });
    }
    let mut given = HashSet::new();
    for answer in all(attempts).await {
        match answer.status.as_u16() {
            201 => {
                given.insert(answer.text);
            }
            409 => {
                assert_eq!(answer.json["code"], "IDEMPOTENCY_KEY_IN_USE", "{}", answer.text);
                assert_eq!(answer.headers["retry-after"], "1");
            }
            _ => panic!("{}", answer.text),
        }
    }
    assert_eq!(given.len(), 1, "every 201 is the same text");
    one_sale_is_all_there_is(&fixture).await;
    let again = client.post("/api/marketplace/purchase", order(&listing, "PERSONAL", "WALLET"));
    assert!(given.contains(&again.await.text));
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn two_hundred_purchases_at_once_by_one_buyer_give_one_licence(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 19.99})).await;
    let client = fixture.client(&bob);
    let mut attempts = JoinSet::new();
    for i in 0..AT_ONCE {
        // Half of them have keys of their own, which makes no difference.
        let client = match i % 2 {
            0 => client.clone(),
            _ => client.with_header("idempotency-key", &format!("key-{i}")),
        };
        let order = order(&listing, "PERSONAL", "WALLET");
        attempts.spawn(async move { client.post("/api/marketplace/purchase", order).await });
    }
    let mut sold = 0;
    for answer in all(attempts).await {
        match answer.status.as_u16() {
            201 => sold += 1,
            409 => {
                let code = answer.json["code"].as_str().unwrap();
                let known = ["ALREADY_LICENSED", "PURCHASE_IN_PROGRESS"].contains(&code);
                assert!(known, "{}", answer.text);
            }
            _ => panic!("{}", answer.text),
        }
    }
    assert_eq!(sold, 1);
    one_sale_is_all_there_is(&fixture).await;
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn refunds_and_new_purchases_at_once_never_leave_two_licences(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 3})).await;
    let first = fixture.buy(&bob, &listing).await.expect(201);
    let (seller, buyer) = (fixture.client(&ada), fixture.client(&bob));
    let refund = format!("{}/refund", crate::support::transaction_path(&first));
    let (mut refunds, mut purchases) = (JoinSet::new(), JoinSet::new());
    for _ in 0..20 {
        let (seller, refund) = (seller.clone(), refund.clone());
        refunds.spawn(async move { seller.post(&refund, ()).await });
        let (buyer, order) = (buyer.clone(), order(&listing, "PERSONAL", "WALLET"));
        purchases.spawn(async move { buyer.post("/api/marketplace/purchase", order).await });
    }
    for answer in all(refunds).await {
        assert_eq!(answer.expect(200)["status"], "REFUNDED");
    }
    let mut sold = 0;
    for answer in all(purchases).await {
        match answer.status.as_u16() {
            201 => sold += 1,
            409 => {
                let code = answer.json["code"].as_str().unwrap();
                assert!(["ALREADY_LICENSED", "PURCHASE_IN_PROGRESS"].contains(&code), "{code}");
            }
            _ => panic!("{}", answer.text),
        }
    }
    assert!(sold <= 1);
    assert_eq!(fixture.count("simulated_refunds").await, 1);
    assert_eq!(fixture.count("licenses where ended_at is null").await, sold);
    assert_eq!(fixture.count("transactions where status = 'COMPLETED'").await, sold);
    assert_eq!(fixture.count(&format!("listings where sales_count = {sold}")).await, 1);
}
