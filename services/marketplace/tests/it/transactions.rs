//! `/api/marketplace/transactions`.

use ids::{TransactionId, UserId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::user;

use crate::support::{admin, start};

const TRANSACTIONS: &str = "/api/marketplace/transactions";

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_transaction_is_for_its_buyer_its_seller_and_administrators(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    let path = format!("{TRANSACTIONS}/{}", bought["id"].as_str().unwrap());

    assert_eq!(fixture.client(&bob).get(&path).await.expect(200), bought);
    for other in [&ada, &admin()] {
        let mut seen = fixture.client(other).get(&path).await.expect(200);
        // Only the holder sees the key.
        assert_eq!(seen["license"]["licenseKey"], Value::Null);
        seen["license"]["licenseKey"] = bought["license"]["licenseKey"].clone();
        assert_eq!(seen, bought);
    }
    fixture.client(&eve).get(&path).await.expect_problem(404, "TRANSACTION_NOT_FOUND");
    fixture.app.anonymous().get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let absent = format!("{TRANSACTIONS}/{}", TransactionId::new());
    fixture.client(&bob).get(&absent).await.expect_problem(404, "TRANSACTION_NOT_FOUND");
    let malformed = format!("{TRANSACTIONS}/7");
    fixture.client(&bob).get(&malformed).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn purchases_and_sales_are_listed_for_that_user_and_administrators(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let mut bought = Vec::new();
    for _ in 0..3 {
        let listing = fixture.list(&ada, json!({"price": 1})).await;
        bought.push(fixture.buy(&bob, &listing).await.expect(201)["id"].clone());
    }
    let other = fixture.list(&eve, json!({"price": 1})).await;
    fixture.buy(&ada, &other).await.expect(201);
    bought.reverse();

    for (role, owner, keys) in [("buyer", &bob, true), ("seller", &ada, false)] {
        let path = format!("{TRANSACTIONS}/{role}/{}", owner.id);
        let client = fixture.client(owner);
        let page = client.get(&path).await.expect(200);
        let ids = |page: &Value| {
            page["content"].as_array().unwrap().iter().map(|t| t["id"].clone()).collect::<Vec<_>>()
        };
        assert_eq!(ids(&page), bought, "{role}");
        assert_eq!(page["totalElements"], 3);
        for transaction in page["content"].as_array().unwrap() {
            assert_eq!(transaction["license"]["transactionId"], transaction["id"]);
            assert_eq!(transaction["license"]["licenseKey"].is_string(), keys, "{role}");
        }
        let first = client.get(&format!("{path}?size=2")).await.expect(200);
        let cursor = first["nextCursor"].as_str().unwrap();
        let rest = client.get(&format!("{path}?size=2&cursor={cursor}")).await.expect(200);
        assert_eq!([ids(&first), ids(&rest)].concat(), bought);
        assert_eq!(rest["nextCursor"], Value::Null);
        let second = client.get(&format!("{path}?size=2&page=1")).await.expect(200);
        assert_eq!(ids(&second), ids(&rest));

        assert_eq!(fixture.client(&admin()).get(&path).await.expect(200)["totalElements"], 3);
        fixture.client(&eve).get(&path).await.expect_problem(403, "FORBIDDEN");
        fixture.app.anonymous().get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
        let nobodys = format!("{TRANSACTIONS}/{role}/{}", UserId::new());
        client.get(&nobodys).await.expect_problem(403, "FORBIDDEN");
        let malformed = format!("{TRANSACTIONS}/{role}/7");
        client.get(&malformed).await.expect_problem(400, "VALIDATION_FAILED");
    }
}
