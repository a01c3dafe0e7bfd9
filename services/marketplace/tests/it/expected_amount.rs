//! `expectedAmount`: a buyer pays the price that they saw, or nothing.

use http::Method;
use serde_json::json;
use sqlx::PgPool;
use testkit::{Answer, user};
use tokio::join;

use crate::support::{order, path_of, start};

const PURCHASE: &str = "/api/marketplace/purchase";

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn another_price_than_expected_is_named_and_nothing_is_charged(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 9.99, "commercialPrice": 50})).await;
    let path = path_of(&listing);
    fixture.client(&ada).put(&path, json!({"price": 99999.99})).await.expect(200);
    let mut buy = order(&listing, "PERSONAL", "CREDIT_CARD");
    buy["expectedAmount"] = json!(9.99);
    let problem = fixture.buy_with_key(&bob, "k", &buy).await.expect_problem(409, "PRICE_CHANGED");
    assert!(problem["detail"].as_str().unwrap().contains("99999.99 USD"), "{problem}");
    assert_eq!(Answer::bad_fields(&problem), ["expectedAmount"]);
    assert_eq!(problem["errors"]["expectedAmount"][0], "is 99999.99 USD by now");
    assert_eq!(fixture.count("transactions").await, 0);
    assert_eq!(fixture.count("simulated_charges").await, 0);

    // The expected amount is that of the licence type, and a refusal is not remembered under the key.
    fixture.client(&ada).put(&path, json!({"price": 9.99})).await.expect(200);
    let bought = fixture.buy_with_key(&bob, "k", &buy).await.expect(201);
    assert_eq!(bought["amount"], 9.99);
    let mut commercial = order(&listing, "COMMERCIAL", "CREDIT_CARD");
    commercial["expectedAmount"] = json!(9.99);
    let client = fixture.client(&bob);
    client.post(PURCHASE, &commercial).await.expect_problem(409, "PRICE_CHANGED");
    commercial["expectedAmount"] = json!(50);
    client.post(PURCHASE, &commercial).await.expect(201);
    // The same key with another expected amount is another order.
    buy["expectedAmount"] = json!(9.98);
    let reused = fixture.buy_with_key(&bob, "k", &buy).await;
    reused.expect_problem(422, "IDEMPOTENCY_KEY_REUSED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn an_expected_amount_is_a_number_however_it_is_written(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    for (amount, status) in [
        ("1e1", 201),
        ("10.00", 201),
        ("null", 201),
        ("-0", 409),
        ("10.001", 409),
        (r#""10""#, 400),
        ("[]", 400),
    ] {
        let listing = fixture.list(&ada, json!({"price": 10})).await;
        let body = format!(
            r#"{{"listingId":{},"paymentMethod":"WALLET","expectedAmount":{amount}}}"#,
            listing["id"]
        );
        let client = fixture.client(&user("bob"));
        let answer = client.raw(Method::POST, PURCHASE, "application/json", &body).await;
        assert_eq!(answer.status, status, "{amount}: {}", answer.text);
        if status == 201 {
            // The default licence type.
            assert_eq!(answer.json["licenseType"], "PERSONAL");
        }
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn whatever_the_price_does_meanwhile_nobody_pays_another_than_expected(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 10})).await;
    let path = path_of(&listing);
    let seller = fixture.client(&ada);
    let mut buy = order(&listing, "PERSONAL", "WALLET");
    buy["expectedAmount"] = json!(10);
    for price in [20, 10, 30, 10, 40, 10] {
        let change = seller.put(&path, json!({"price": price}));
        let buyers = [user("bob"), user("eve"), user("kim")];
        let clients = buyers.map(|buyer| fixture.client(&buyer));
        let (_, a, b, c) = join!(
            change,
            clients[0].post(PURCHASE, &buy),
            clients[1].post(PURCHASE, &buy),
            clients[2].post(PURCHASE, &buy),
        );
        for answer in [a, b, c] {
            match answer.status.as_u16() {
                201 => assert_eq!(answer.json["amount"], 10.0),
                _ => drop(answer.expect_problem(409, "PRICE_CHANGED")),
            }
        }
    }
    assert_eq!(fixture.count("simulated_charges where amount <> 10").await, 0);
}
