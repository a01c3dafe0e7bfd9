//! `GET /api/marketplace/revenue/{sellerId}`.

use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::support::{admin, start, start_with};

fn path(seller: ids::UserId) -> String {
    format!("/api/marketplace/revenue/{seller}")
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn revenue_is_the_sum_of_the_transactions_to_the_cent(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let cheap =
        fixture.list(&ada, json!({"price": 0.10, "commercialPrice": 0.15, "title": "Cheap"}));
    let cheap = cheap.await;
    let dear = fixture.list(&ada, json!({"price": 19.99, "title": "Dear"})).await;
    let euro = fixture.list(&ada, json!({"price": 7, "currency": "EUR"})).await;
    let of_eve = fixture.list(&user("eve"), json!({"price": 500})).await;
    for i in 0..7 {
        let buyer = user("buyer");
        fixture.buy(&buyer, &cheap).await.expect(201);
        fixture.buy_as(&buyer, &cheap, "COMMERCIAL", "PAYPAL").await.expect(201);
        fixture.buy_as(&buyer, &dear, "PERSONAL", "DECLINED").await.expect(402);
        if i % 2 == 0 {
            fixture.buy(&buyer, &dear).await.expect(201);
        }
        fixture.buy(&buyer, &euro).await.expect(201);
        fixture.buy(&buyer, &of_eve).await.expect(201);
    }
    // 7 x 0.10 (fee 0.01), 7 x 0.15 (fee 0.015, to the even cent 0.02), 4 x 19.99 (fee 2.00).
    let answer = fixture.client(&ada).get(&path(ada.id)).await;
    let figures = r#""currency":"USD","totalRevenue":81.71,"totalSales":18,"averageSalePrice":4.54,"platformFees":8.21,"netRevenue":73.50,"refunds":0.00,"#;
    assert!(answer.text.contains(figures), "{}", answer.text);
    let revenue = answer.expect(200);
    assert_eq!(revenue["sellerId"], json!(ada.id));
    let top: Vec<_> = revenue["topListings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|top| (top["title"].as_str().unwrap(), top["totalSales"].as_i64().unwrap()))
        .collect();
    assert_eq!(top, [("Dear", 4), ("Cheap", 14)]);
    let same: bool = sqlx::query_scalar(
        "select sum(amount) = 81.71 and sum(platform_fee) = 8.21
         from transactions where seller_id = $1 and status = 'COMPLETED' and currency = 'USD'",
    )
    .bind(ada.id)
    .fetch_one(&fixture.pool)
    .await
    .unwrap();
    assert!(same);

    let in_euro = fixture.client(&ada).get(&format!("{}?currency=EUR", path(ada.id))).await;
    let in_euro = in_euro.expect(200);
    assert_eq!(in_euro["currency"], "EUR");
    assert_eq!(in_euro["totalRevenue"], 49.0);
    let odd = format!("{}?currency=euro", path(ada.id));
    fixture.client(&ada).get(&odd).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn months_add_up_to_the_total_and_refunds_do_not_count(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 10.01})).await;
    let mut bought = Vec::new();
    for _ in 0..4 {
        bought.push(fixture.buy(&user("buyer"), &listing).await.expect(201));
    }
    for (id, completed_at) in [
        (&bought[0], "2026-01-31T23:59:59.999Z"),
        (&bought[1], "2026-02-01T00:00:00.000Z"),
        (&bought[2], "2026-02-11T00:00:00.000Z"),
        (&bought[3], "2026-02-12T00:00:00.000Z"),
    ] {
        sqlx::query(
            "update transactions set completed_at = $2::text::timestamptz where id = $1::text::uuid",
        )
        .bind(id["id"].as_str().unwrap())
        .bind(completed_at)
        .execute(&fixture.pool)
        .await
        .unwrap();
    }
    fixture.refund(&ada, &bought[3]).await.expect(200);
    let answer = fixture.client(&ada).get(&path(ada.id)).await;
    let months = r#""refunds":10.01,"byMonth":[{"month":"2026-02","totalRevenue":20.02,"totalSales":2,"platformFees":2.00,"netRevenue":18.02},{"month":"2026-01","totalRevenue":10.01,"totalSales":1,"platformFees":1.00,"netRevenue":9.01}]"#;
    assert!(answer.text.contains(months), "{}", answer.text);
    assert!(answer.text.contains(r#""totalRevenue":30.03,"totalSales":3,"#), "{}", answer.text);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn revenue_is_for_that_seller_and_administrators(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let answer = fixture.client(&ada).get(&path(ada.id)).await;
    let nothing = r#""totalRevenue":0.00,"totalSales":0,"averageSalePrice":0.00,"platformFees":0.00,"netRevenue":0.00,"refunds":0.00,"byMonth":[],"topListings":[]"#;
    assert!(answer.text.contains(nothing), "{}", answer.text);
    fixture.client(&admin()).get(&path(ada.id)).await.expect(200);
    fixture.client(&user("eve")).get(&path(ada.id)).await.expect_problem(403, "FORBIDDEN");
    fixture.app.anonymous().get(&path(ada.id)).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let malformed = "/api/marketplace/revenue/ada";
    fixture.client(&ada).get(malformed).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_fee_is_a_setting_and_stays_with_the_transaction(pool: PgPool) {
    let fixture = start_with(&pool, &[("PLATFORM_FEE_PERCENT", "12.5")]).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let bob = user("bob");
    assert_eq!(fixture.buy(&bob, &listing).await.expect(201)["platformFee"], 1.25);

    let later = start_with(&pool, &[("PLATFORM_FEE_PERCENT", "0")]).await;
    assert_eq!(later.buy(&user("eve"), &listing).await.expect(201)["platformFee"], 0.0);
    let revenue = later.client(&ada).get(&path(ada.id)).await.expect(200);
    assert_eq!(revenue["platformFees"], 1.25);
    assert_eq!(revenue["netRevenue"], 18.75);
}
