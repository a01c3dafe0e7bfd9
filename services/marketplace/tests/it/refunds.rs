//! `POST /api/marketplace/transactions/{id}/refund`.

use ids::TransactionId;
use serde_json::json;
use sqlx::PgPool;
use testkit::{eventually, user};

use crate::support::{admin, path_of, start, start_with, transaction_path};

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_refund_gives_the_money_back_and_ends_the_licence(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    let kept = fixture.buy(&eve, &listing).await.expect(201);

    let refunded = fixture.refund(&ada, &bought).await.expect(200);
    assert_eq!(refunded["status"], "REFUNDED");
    assert!(refunded["refundedAt"].is_string());
    assert_eq!(refunded["license"]["isActive"], false);
    // Only the holder sees the key.
    assert_eq!(refunded["license"]["licenseKey"], json!(null));
    let seen = fixture.client(&bob).get(&transaction_path(&bought)).await.expect(200);
    assert_eq!(seen["status"], "REFUNDED");
    assert_eq!(seen["completedAt"], bought["completedAt"]);

    let key = bought["license"]["licenseKey"].as_str().unwrap();
    let verify = format!("/api/marketplace/licenses/verify/{key}");
    assert_eq!(fixture.app.anonymous().get(&verify).await.expect(200)["valid"], false);
    // The prompt service knew before the response was sent.
    assert_eq!(fixture.prompts.entitlement(&bought["license"]), Some(json!({"revoked": true})));
    assert!(fixture.prompts.entitlement(&kept["license"]).unwrap()["userId"].is_string());

    let revenue = format!("/api/marketplace/revenue/{}", ada.id);
    let revenue = fixture.client(&ada).get(&revenue).await.expect(200);
    assert_eq!(revenue["totalRevenue"], 10.0);
    assert_eq!(revenue["totalSales"], 1);
    assert_eq!(revenue["refunds"], 10.0);
    assert_eq!(fixture.count("simulated_refunds where amount = 10").await, 1);
    // A refunded sale does not count.
    let listing = fixture.app.anonymous().get(&path_of(&listing)).await.expect(200);
    assert_eq!(listing["salesCount"], 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_refund_can_be_repeated_and_the_licence_bought_anew(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    let first = fixture.refund(&ada, &bought).await.expect(200);
    assert_eq!(fixture.refund(&ada, &bought).await.expect(200), first);
    let by_admin = fixture.refund(&admin(), &bought).await.expect(200);
    assert_eq!(by_admin["refundedAt"], first["refundedAt"]);
    assert_eq!(fixture.count("simulated_refunds").await, 1);

    let anew = fixture.buy(&bob, &listing).await.expect(201);
    assert_ne!(anew["license"]["id"], bought["license"]["id"]);
    assert_eq!(fixture.count("licenses where ended_at is null").await, 1);
    // The first refund stays as it is.
    assert_eq!(fixture.refund(&ada, &bought).await.expect(200), first);
    fixture.refund(&admin(), &anew).await.expect(200);
    assert_eq!(fixture.count("simulated_refunds").await, 2);
    assert_eq!(fixture.count("listings where sales_count = 0").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn nobody_but_the_seller_and_administrators_gives_money_back(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    let path = format!("{}/refund", transaction_path(&bought));
    let anonymous = fixture.app.anonymous();
    anonymous.post(&path, ()).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    fixture.refund(&bob, &bought).await.expect_problem(403, "FORBIDDEN");
    fixture.refund(&eve, &bought).await.expect_problem(404, "TRANSACTION_NOT_FOUND");
    let absent = json!({"id": TransactionId::new()});
    fixture.refund(&ada, &absent).await.expect_problem(404, "TRANSACTION_NOT_FOUND");
    fixture.refund(&ada, &json!({"id": "7"})).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(fixture.count("simulated_refunds").await, 0);
    assert_eq!(fixture.count("transactions where refund_requested_at is not null").await, 0);
    fixture.refund(&admin(), &bought).await.expect(200);
    // A refund does not change what the buyer may do.
    fixture.refund(&bob, &bought).await.expect_problem(403, "FORBIDDEN");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_was_not_paid_is_not_given_back(pool: PgPool) {
    let impatient = [("PAYMENT_TIMEOUT_MS", "500")];
    let fixture = start_with(&pool, &impatient).await;
    let (ada, bob) = (user("ada"), user("bob"));
    for method in ["DECLINED", "TIMEOUT"] {
        let listing = fixture.list(&ada, json!({"price": 10})).await;
        fixture.buy_as(&bob, &listing, "PERSONAL", method).await;
    }
    let sales = format!("/api/marketplace/transactions/seller/{}", ada.id);
    let sales = fixture.client(&ada).get(&sales).await.expect(200);
    let statuses: Vec<_> =
        (0..2).map(|i| sales["content"][i]["status"].as_str().unwrap().to_owned()).collect();
    assert_eq!(statuses, ["PENDING", "FAILED"]);
    for i in 0..2 {
        let answer = fixture.refund(&ada, &sales["content"][i]).await;
        answer.expect_problem(409, "NOT_REFUNDABLE");
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_refund_whose_answer_does_not_come_is_finished_by_the_job_once(pool: PgPool) {
    let impatient = [("PAYMENT_TIMEOUT_MS", "1000"), ("PAYMENT_SETTLE_AFTER_MS", "1200")];
    let fixture = start_with(&pool, &impatient).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    fixture.buy_as(&bob, &listing, "PERSONAL", "LATE").await.expect_problem(503, "PAYMENT_PENDING");
    let mine = format!("/api/marketplace/transactions/buyer/{}", bob.id);
    let bought = eventually("the purchase to be settled", || async {
        let mine = fixture.client(&bob).get(&mine).await.expect(200)["content"][0].clone();
        (mine["status"] == "COMPLETED").then_some(mine)
    })
    .await;

    let answer = fixture.refund(&ada, &bought).await;
    assert_eq!(answer.headers["retry-after"], "2");
    answer.expect_problem(503, "REFUND_PENDING");
    eventually("the refund to be finished", || async {
        (fixture.count("transactions where status = 'REFUNDED'").await == 1).then_some(())
    })
    .await;
    assert_eq!(fixture.count("simulated_refunds").await, 1);
    assert_eq!(fixture.count("licenses where ended_at is null").await, 0);
    fixture.refund(&ada, &bought).await.expect(200);
    assert_eq!(fixture.count("simulated_refunds").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn while_a_refund_is_wanted_the_licence_stands_and_is_not_sold_again(pool: PgPool) {
    // The job waits longer than any test runs.
    let patient = [("PAYMENT_SETTLE_AFTER_MS", "600000")];
    let fixture = start_with(&pool, &patient).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    // The state that a killed process leaves.
    sqlx::query("update transactions set refund_requested_at = now()")
        .execute(&fixture.pool)
        .await
        .unwrap();
    fixture.buy(&bob, &listing).await.expect_problem(409, "ALREADY_LICENSED");
    assert_eq!(fixture.count("licenses where ended_at is null").await, 1);
    fixture.refund(&ada, &bought).await.expect(200);
    fixture.buy(&bob, &listing).await.expect(201);
    assert_eq!(fixture.count("licenses where ended_at is null").await, 1);
    assert_eq!(fixture.count("simulated_refunds").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_refund_that_a_crash_left_wanted_is_finished(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let before_the_provider = fixture.buy(&bob, &listing).await.expect(201);
    let after_the_provider = fixture.buy(&eve, &listing).await.expect(201);
    sqlx::query(
        "with given as (
             insert into simulated_refunds (idempotency_key, charge_key, amount, currency)
             select 'refund-' || idempotency_key, idempotency_key, amount, currency
             from simulated_charges where idempotency_key = $1::text::uuid)
         update transactions set refund_requested_at = now() - interval '1 minute'",
    )
    .bind(after_the_provider["id"].as_str().unwrap())
    .execute(&fixture.pool)
    .await
    .unwrap();
    eventually("both to be finished", || async {
        (fixture.count("transactions where status = 'REFUNDED'").await == 2).then_some(())
    })
    .await;
    assert_eq!(fixture.count("simulated_refunds").await, 2);
    assert_eq!(fixture.count("licenses where ended_at is null").await, 0);
    fixture.wait_for_prompt_sync().await;
    for bought in [before_the_provider, after_the_provider] {
        let entitlement = fixture.prompts.entitlement(&bought["license"]);
        assert_eq!(entitlement, Some(json!({"revoked": true})));
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_refund_that_the_provider_refuses_is_not_wanted_any_more(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let bought = fixture.buy(&user("bob"), &listing).await.expect(201);
    // The provider has another amount.
    sqlx::query("update simulated_charges set amount = 9").execute(&fixture.pool).await.unwrap();
    fixture.refund(&ada, &bought).await.expect_problem(422, "REFUND_REFUSED");
    assert_eq!(fixture.count("transactions where refund_requested_at is not null").await, 0);
    assert_eq!(fixture.count("licenses where ended_at is null").await, 1);
}
