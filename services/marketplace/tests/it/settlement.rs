//! The settlement of purchases that were left pending.

use ids::{ListingId, TransactionId, UserId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, eventually, user};
use tokio::join;

use crate::support::{Fixture, start, start_with};

/// Deadlines long enough for a charge on a busy machine, and short enough to wait for.
const IMPATIENT: [(&str, &str); 2] =
    [("PAYMENT_TIMEOUT_MS", "1000"), ("PAYMENT_SETTLE_AFTER_MS", "1200")];

/// Waits until a transaction is settled, and returns it.
async fn settled(client: &Client, id: &str) -> Value {
    let path = format!("/api/marketplace/transactions/{id}");
    eventually("a settled purchase", || async {
        let transaction = client.get(&path).await.expect(200);
        (transaction["status"] != "PENDING").then_some(transaction)
    })
    .await
}

async fn only_transaction(fixture: &Fixture) -> String {
    let id: TransactionId =
        sqlx::query_scalar("select id from transactions").fetch_one(&fixture.pool).await.unwrap();
    id.to_string()
}

fn assert_pending(answer: Answer, id: &str) {
    // The purchase is settled after 1.2 s and one round.
    assert_eq!(answer.headers["retry-after"], "2");
    let problem = answer.expect_problem(503, "PAYMENT_PENDING");
    assert!(problem["detail"].as_str().unwrap().contains(id), "{problem}");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_charge_whose_answer_came_too_late_is_completed_with_one_licence(pool: PgPool) {
    let fixture = start_with(&pool, &IMPATIENT).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 19.99})).await;
    let answer = fixture.buy_as(&bob, &listing, "PERSONAL", "LATE").await;
    let id = only_transaction(&fixture).await;
    assert_pending(answer, &id);

    let transaction = settled(&fixture.client(&bob), &id).await;
    assert_eq!(transaction["status"], "COMPLETED");
    assert_eq!(transaction["license"]["isActive"], true);
    assert_eq!(fixture.count("licenses").await, 1);
    assert_eq!(fixture.count("simulated_charges").await, 1);
    assert_eq!(fixture.count("listings where sales_count = 1").await, 1);
    fixture.buy(&bob, &listing).await.expect_problem(409, "ALREADY_LICENSED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_charge_that_never_happened_fails_and_only_then_can_be_tried_again(pool: PgPool) {
    let fixture = start_with(&pool, &IMPATIENT).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
    let (answer, second) = join!(fixture.buy_as(&bob, &listing, "PERSONAL", "TIMEOUT"), async {
        // The first is under way, and not settled.
        eventually("a pending purchase", || async {
            (fixture.count("transactions where status = 'PENDING'").await == 1).then_some(())
        })
        .await;
        fixture.buy(&bob, &listing).await
    });
    second.expect_problem(409, "PURCHASE_IN_PROGRESS");
    let id = only_transaction(&fixture).await;
    assert_pending(answer, &id);

    let transaction = settled(&fixture.client(&bob), &id).await;
    assert_eq!(transaction["status"], "FAILED");
    assert_eq!(transaction["license"], Value::Null);
    assert_eq!(fixture.count("simulated_charges where status = 'CHARGED'").await, 0);
    fixture.buy(&bob, &listing).await.expect(201);
    assert_eq!(fixture.count("licenses").await, 1);
}

/// Inserts a purchase as a process left it that was killed a minute ago, with the provider's charge if
/// there is one.
async fn insert_pending(
    fixture: &Fixture,
    listing: &Value,
    buyer: UserId,
    charge: Option<&str>,
) -> TransactionId {
    let id = TransactionId::new();
    let listing: ListingId = listing["id"].as_str().unwrap().parse().unwrap();
    let mut tx = fixture.pool.begin().await.unwrap();
    if let Some(status) = charge {
        sqlx::query(
            "insert into simulated_charges (idempotency_key, status, amount, currency)
             values ($1, $2, 1, 'USD')",
        )
        .bind(id)
        .bind(status)
        .execute(&mut *tx)
        .await
        .unwrap();
    }
    sqlx::query(
        "insert into transactions (id, listing_id, prompt_id, prompt_version, buyer_id, seller_id,
                                   license_type, amount, platform_fee, currency, payment_method,
                                   created_at)
         select $1, id, prompt_id, prompt_version, $2, seller_id, 'PERSONAL', price, 0.01, currency,
                'WALLET', now() - interval '1 minute'
         from listings where id = $3",
    )
    .bind(id)
    .bind(buyer)
    .bind(listing)
    .execute(&mut *tx)
    .await
    .unwrap();
    tx.commit().await.unwrap();
    id
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_a_crash_left_before_the_charge_is_failed_and_never_charged(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
    let id = insert_pending(&fixture, &listing, bob.id, None).await;
    let transaction = settled(&fixture.client(&bob), &id.to_string()).await;
    assert_eq!(transaction["status"], "FAILED");
    assert!(transaction["failureReason"].is_string());
    assert_eq!(fixture.count("licenses").await, 0);
    assert_eq!(fixture.count("simulated_charges where status = 'CANCELLED'").await, 1);
    fixture.buy(&bob, &listing).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_a_crash_left_after_the_charge_is_settled_as_the_provider_says(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let (bob, eve) = (user("bob"), user("eve"));
    let charged = insert_pending(&fixture, &listing, bob.id, Some("CHARGED")).await;
    let declined = insert_pending(&fixture, &listing, eve.id, Some("DECLINED")).await;

    let transaction = settled(&fixture.client(&bob), &charged.to_string()).await;
    assert_eq!(transaction["status"], "COMPLETED");
    assert_eq!(transaction["license"]["transactionId"], transaction["id"]);
    let transaction = settled(&fixture.client(&eve), &declined.to_string()).await;
    assert_eq!(transaction["status"], "FAILED");
    assert_eq!(transaction["failureReason"], "the card was refused");
    assert_eq!(fixture.count("licenses").await, 1);
    assert_eq!(fixture.count("simulated_charges").await, 2);
    assert_eq!(fixture.count("listings where sales_count = 1").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn several_processes_settle_what_is_left_once(pool: PgPool) {
    let one = start(&pool).await;
    let _other = start(&pool).await;
    let listing = one.list(&user("ada"), json!({"price": 1})).await;
    const LEFT: i64 = 20;
    for _ in 0..LEFT {
        insert_pending(&one, &listing, UserId::new(), Some("CHARGED")).await;
    }
    eventually("nothing pending", || async {
        (one.count("transactions where status = 'PENDING'").await == 0).then_some(())
    })
    .await;
    assert_eq!(one.count("transactions where status = 'COMPLETED'").await, LEFT);
    assert_eq!(one.count("licenses").await, LEFT);
    assert_eq!(one.count(&format!("listings where sales_count = {LEFT}")).await, 1);
}
