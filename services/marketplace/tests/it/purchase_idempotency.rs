//! `Idempotency-Key` on purchases.

use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, eventually, user};
use tokio::join;

use crate::support::{absent_listing, order, path_of, start, start_with, transaction_path};

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_same_order_under_one_key_is_answered_alike_and_charged_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 9.9})).await;
    let buy = order(&listing, "PERSONAL", "WALLET");
    let first = fixture.buy_with_key(&bob, "order-1", &buy).await;
    assert_eq!(first.headers["content-type"], "application/json");
    let transaction = first.json.clone();
    // Another spelling and an unknown field are the same order.
    let mut again = order(&listing, "PERSONAL", "wallet");
    again["note"] = json!("please");
    let second = fixture.buy_with_key(&bob, "order-1", &again).await;
    assert_eq!(second.text, first.text);
    assert_eq!(second.headers["location"], first.headers["location"]);
    first.expect(201);

    // The response stays that of the purchase, whatever the state of the transaction is now.
    fixture.client(&ada).delete(&path_of(&listing)).await.expect(204);
    fixture.refund(&ada, &transaction).await.expect(200);
    let third = fixture.buy_with_key(&bob, "order-1", &buy).await;
    assert_eq!(third.text, second.text);
    assert_eq!(third.headers["location"], transaction_path(&transaction).as_str());
    second.expect(201);
    third.expect(201);
    assert_eq!(fixture.count("transactions").await, 1);
    assert_eq!(fixture.count("simulated_charges").await, 1);

    // The same text from another buyer is another key.
    let other = fixture.list(&ada, json!({"price": 1})).await;
    let theirs = fixture.buy_with_key(&eve, "order-1", &order(&other, "PERSONAL", "WALLET")).await;
    assert_ne!(theirs.expect(201)["id"], transaction["id"]);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_key_is_for_one_order(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1, "commercialPrice": 2})).await;
    let other = fixture.list(&user("ada"), json!({"price": 1})).await;
    fixture.buy_with_key(&bob, "k", &order(&listing, "PERSONAL", "WALLET")).await.expect(201);
    for different in [
        order(&other, "PERSONAL", "WALLET"),
        order(&listing, "COMMERCIAL", "WALLET"),
        order(&listing, "PERSONAL", "PAYPAL"),
        order(&absent_listing(), "PERSONAL", "WALLET"),
    ] {
        let problem = fixture
            .buy_with_key(&bob, "k", &different)
            .await
            .expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
        assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"]);
    }
    assert_eq!(fixture.count("transactions").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_bad_key_is_named(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
    let buy = order(&listing, "PERSONAL", "WALLET");
    for bad in ["", "two words", &"k".repeat(256)] {
        let problem =
            fixture.buy_with_key(&bob, bad, &buy).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["Idempotency-Key"], "{bad:?}");
    }
    assert_eq!(fixture.count("transactions").await, 0);
    fixture.buy_with_key(&bob, &"~".repeat(255), &buy).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_declined_payment_stays_declined_under_its_key(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
    let declined = order(&listing, "PERSONAL", "DECLINED");
    let first = fixture.buy_with_key(&bob, "d", &declined).await;
    let first = first.expect_problem(402, "PAYMENT_DECLINED");
    let second = fixture.buy_with_key(&bob, "d", &declined).await;
    let second = second.expect_problem(402, "PAYMENT_DECLINED");
    // Both name the only transaction.
    assert_eq!(first["detail"], second["detail"]);
    assert_eq!(fixture.count("transactions").await, 1);
    // Another key allows another attempt.
    let buy = order(&listing, "PERSONAL", "WALLET");
    fixture.buy_with_key(&bob, "e", &buy).await.expect(201);
    fixture.buy_with_key(&bob, "d", &declined).await.expect_problem(402, "PAYMENT_DECLINED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_is_refused_before_anyone_is_charged_is_not_remembered(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let buy = order(&listing, "PERSONAL", "WALLET");
    let (pause, activate) =
        (format!("{}/pause", path_of(&listing)), format!("{}/activate", path_of(&listing)));
    fixture.client(&ada).post(&pause, ()).await.expect(200);
    fixture.buy_with_key(&bob, "k", &buy).await.expect_problem(409, "LISTING_NOT_ACTIVE");
    fixture.client(&ada).post(&activate, ()).await.expect(200);
    fixture.buy_with_key(&bob, "k", &buy).await.expect(201);
    // A refusal leaves its key free for another order.
    fixture.buy_with_key(&bob, "l", &buy).await.expect_problem(409, "ALREADY_LICENSED");
    let other = fixture.list(&ada, json!({"price": 1})).await;
    fixture.buy_with_key(&bob, "l", &order(&other, "PERSONAL", "WALLET")).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn while_the_first_is_not_settled_the_second_is_told_to_come_back(pool: PgPool) {
    // The job looks up the charge with the late answer, and writes the response of the key.
    let impatient = [("PAYMENT_TIMEOUT_MS", "1000"), ("PAYMENT_SETTLE_AFTER_MS", "1200")];
    let fixture = start_with(&pool, &impatient).await;
    let bob = user("bob");
    let late = fixture.list(&user("ada"), json!({"price": 5})).await;
    let never = fixture.list(&user("ada"), json!({"price": 5})).await;
    for (key, listing, method, settled) in [("l", late, "LATE", 201), ("t", never, "TIMEOUT", 402)]
    {
        let buy = order(&listing, "PERSONAL", method);
        let (first, ()) = join!(fixture.buy_with_key(&bob, key, &buy), async {
            eventually("a pending purchase", || async {
                let pending = fixture.count("transactions where status = 'PENDING'").await;
                (pending == 1).then_some(())
            })
            .await;
            let second = fixture.buy_with_key(&bob, key, &buy).await;
            assert_eq!(second.headers["retry-after"], "1");
            second.expect_problem(409, "IDEMPOTENCY_KEY_IN_USE");
        });
        first.expect_problem(503, "PAYMENT_PENDING");
        let answer = eventually("the purchase to be settled", || async {
            let answer = fixture.buy_with_key(&bob, key, &buy).await;
            (answer.status != 409).then_some(answer)
        })
        .await;
        assert_eq!(answer.status, settled, "{}", answer.text);
        if settled == 201 {
            let path = transaction_path(&answer.json);
            assert_eq!(answer.headers["location"], path.as_str());
            assert_eq!(fixture.client(&bob).get(&path).await.expect(200), answer.json);
        }
    }
    assert_eq!(fixture.count("transactions").await, 2);
    assert_eq!(fixture.count("simulated_charges where status = 'CHARGED'").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn answers_are_forgotten_after_a_day_but_not_what_is_not_settled(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    for key in ["old", "recent", "running"] {
        let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
        fixture.buy_with_key(&bob, key, &order(&listing, "PERSONAL", "WALLET")).await.expect(201);
    }
    sqlx::query(
        "update purchase_keys
         set created_at = now() - interval '24 hours' + case key when 'recent' then interval '1 minute'
                                                        else interval '-1 second' end,
             status = case key when 'running' then null else status end,
             body = case key when 'running' then null else body end",
    )
    .execute(&fixture.pool)
    .await
    .unwrap();
    eventually("the old one to go", || async {
        (fixture.count("purchase_keys where key = 'old'").await == 0).then_some(())
    })
    .await;
    assert_eq!(fixture.count("purchase_keys").await, 2);
}
