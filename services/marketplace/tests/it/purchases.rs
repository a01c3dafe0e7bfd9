//! `POST /api/marketplace/purchase`.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{absent_listing, order, path_of, start};

const PURCHASE: &str = "/api/marketplace/purchase";

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_purchase_gives_a_licence_and_counts_as_a_sale(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 19.99, "currency": "EUR"})).await;
    let answer = fixture.buy_as(&bob, &listing, "PERSONAL", "credit_Card").await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    // Ten percent is 1.999, rounded to the nearest cent.
    assert!(answer.text.contains(r#""amount":19.99,"platformFee":2.00,"#), "{}", answer.text);
    let transaction = answer.expect(201);
    assert_eq!(
        location,
        format!("/api/marketplace/transactions/{}", transaction["id"].as_str().unwrap())
    );
    assert_eq!(transaction["status"], "COMPLETED");
    assert_eq!(transaction["listingId"], listing["id"]);
    assert_eq!(transaction["promptId"], listing["promptId"]);
    assert_eq!(transaction["buyerId"], json!(bob.id));
    assert_eq!(transaction["sellerId"], json!(ada.id));
    assert_eq!(transaction["currency"], "EUR");
    assert_eq!(transaction["paymentMethod"], "CREDIT_CARD");
    assert_eq!(transaction["failureReason"], Value::Null);
    assert_eq!(transaction["transactionDate"], transaction["createdAt"]);
    assert!(transaction["completedAt"].is_string());

    let license = &transaction["license"];
    assert_eq!(license["transactionId"], transaction["id"]);
    assert_eq!(license["promptId"], listing["promptId"]);
    assert_eq!(license["promptVersion"], 3);
    assert_eq!(license["buyerId"], json!(bob.id));
    assert_eq!(license["licenseType"], "PERSONAL");
    assert_eq!(license["expiresAt"], Value::Null);
    assert_eq!(license["isActive"], true);

    assert_eq!(fixture.client(&bob).get(&location).await.expect(200), transaction);
    let listing = fixture.app.anonymous().get(&path_of(&listing)).await.expect(200);
    assert_eq!(listing["salesCount"], 1);
    assert_eq!(
        fixture.count("simulated_charges where status = 'CHARGED' and amount = 19.99").await,
        1
    );
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_commercial_licence_has_its_own_price_and_lasts_a_year(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1, "commercialPrice": 99.95})).await;
    let bought = fixture.buy_as(&bob, &listing, "COMMERCIAL", "WALLET").await.expect(201);
    assert_eq!(bought["amount"], 99.95);
    assert_eq!(
        fixture.count("licenses where expires_at = created_at + interval '1 year'").await,
        1,
    );
    // The buyer may have a licence of the other type too.
    fixture.buy_as(&bob, &listing, "PERSONAL", "PAYPAL").await.expect(201);

    let personal_only = fixture.list(&ada, json!({"price": 1})).await;
    let problem = fixture
        .buy_as(&bob, &personal_only, "COMMERCIAL", "WALLET")
        .await
        .expect_problem(422, "NO_COMMERCIAL_LICENSE");
    assert_eq!(Answer::bad_fields(&problem), ["licenseType"]);
    assert_eq!(fixture.count("transactions").await, 2);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_cannot_be_bought_is_refused_before_anyone_is_charged(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture
        .app
        .anonymous()
        .post(PURCHASE, order(&listing, "PERSONAL", "WALLET"))
        .await
        .expect_problem(401, "AUTHENTICATION_REQUIRED");
    fixture.buy(&ada, &listing).await.expect_problem(409, "OWN_LISTING");
    fixture.buy(&bob, &absent_listing()).await.expect_problem(404, "LISTING_NOT_FOUND");
    let seller = fixture.client(&ada);
    seller.post(&format!("{}/pause", path_of(&listing)), ()).await.expect(200);
    fixture.buy(&bob, &listing).await.expect_problem(409, "LISTING_NOT_ACTIVE");
    seller.delete(&path_of(&listing)).await.expect(204);
    fixture.buy(&bob, &listing).await.expect_problem(404, "LISTING_NOT_FOUND");
    assert_eq!(fixture.count("transactions").await, 0);
    assert_eq!(fixture.count("simulated_charges").await, 0);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_bad_order_names_every_bad_field_and_what_is_allowed(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.client(&user("bob"));
    let body = json!({"listingId": 7, "paymentMethod": "cash", "licenseType": "ETERNAL"});
    let problem = client.post(PURCHASE, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["licenseType", "listingId", "paymentMethod"]);
    let method = problem["errors"]["paymentMethod"][0].as_str().unwrap();
    for allowed in ["CREDIT_CARD", "PAYPAL", "WALLET"] {
        assert!(method.contains(allowed), "{method}");
    }
    let problem = client.post(PURCHASE, json!({})).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["listingId", "paymentMethod"]);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_same_licence_is_sold_once_even_if_the_prompt_is_listed_anew(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.buy(&bob, &listing).await.expect(201);
    fixture.buy(&bob, &listing).await.expect_problem(409, "ALREADY_LICENSED");
    let seller = fixture.client(&ada);
    seller.delete(&path_of(&listing)).await.expect(204);
    let anew = json!({"promptId": listing["promptId"], "price": 2});
    let anew = seller.post("/api/marketplace/listings", anew).await.expect(201);
    fixture.buy(&bob, &anew).await.expect_problem(409, "ALREADY_LICENSED");
    assert_eq!(fixture.count("simulated_charges").await, 1);
    fixture.buy(&user("eve"), &anew).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_declined_payment_fails_the_transaction_and_can_be_tried_again(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1})).await;
    for _ in 0..2 {
        fixture
            .buy_as(&bob, &listing, "PERSONAL", "DECLINED")
            .await
            .expect_problem(402, "PAYMENT_DECLINED");
    }
    fixture.buy(&bob, &listing).await.expect(201);
    let mine = format!("/api/marketplace/transactions/buyer/{}", bob.id);
    let mine = fixture.client(&bob).get(&mine).await.expect(200);
    let statuses: Vec<_> =
        mine["content"].as_array().unwrap().iter().map(|t| t["status"].as_str().unwrap()).collect();
    assert_eq!(statuses, ["COMPLETED", "FAILED", "FAILED"]);
    let failed = &mine["content"][1];
    assert_eq!(failed["license"], Value::Null);
    assert_eq!(failed["completedAt"], Value::Null);
    assert_eq!(failed["failureReason"], "the card was refused");
    assert_eq!(fixture.count("licenses").await, 1);
    assert_eq!(fixture.count("listings where sales_count = 1").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn twenty_purchases_at_once_by_one_buyer_are_one(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 19.99})).await;
    let client = fixture.client(&bob);
    let attempts: Vec<_> = (0..20)
        .map(|_| {
            let (client, order) = (client.clone(), order(&listing, "PERSONAL", "WALLET"));
            tokio::spawn(async move { client.post(PURCHASE, order).await })
        })
        .collect();
    let mut sold = 0;
    for attempt in attempts {
        let answer = attempt.await.unwrap();
        match answer.status.as_u16() {
            201 => sold += 1,
            409 => assert!(
                ["ALREADY_LICENSED", "PURCHASE_IN_PROGRESS"]
                    .contains(&answer.json["code"].as_str().unwrap()),
                "{}",
                answer.text
            ),
            _ => panic!("{}", answer.text),
        }
    }
    assert_eq!(sold, 1);
    assert_eq!(fixture.count("transactions").await, 1);
    assert_eq!(fixture.count("transactions where status = 'COMPLETED'").await, 1);
    assert_eq!(fixture.count("licenses").await, 1);
    assert_eq!(fixture.count("simulated_charges").await, 1);
    assert_eq!(fixture.count("listings where sales_count = 1").await, 1);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_licence_that_ran_out_can_be_bought_anew_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let bob = user("bob");
    let listing = fixture.list(&user("ada"), json!({"price": 1, "commercialPrice": 5})).await;
    let first = fixture.buy_as(&bob, &listing, "COMMERCIAL", "WALLET").await.expect(201);
    fixture
        .buy_as(&bob, &listing, "COMMERCIAL", "WALLET")
        .await
        .expect_problem(409, "ALREADY_LICENSED");
    sqlx::query("update licenses set expires_at = now() - interval '1 day'")
        .execute(&fixture.pool)
        .await
        .unwrap();

    let client = fixture.client(&bob);
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let (client, order) = (client.clone(), order(&listing, "COMMERCIAL", "WALLET"));
            tokio::spawn(async move { client.post(PURCHASE, order).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409]);

    let licenses = client.get("/api/marketplace/licenses").await.expect(200);
    let licenses = licenses["content"].as_array().unwrap();
    let active: Vec<_> = licenses.iter().map(|license| license["isActive"].clone()).collect();
    assert_eq!(active, [json!(true), json!(false)]);
    assert_eq!(licenses[1]["id"], first["license"]["id"]);
    assert_eq!(fixture.count("simulated_charges").await, 2);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_is_bought_and_given_back_shows_in_the_metrics(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.buy_as(&bob, &listing, "PERSONAL", "DECLINED").await.expect(402);
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    fixture.refund(&ada, &bought).await.expect(200);
    let metrics = fixture.app.anonymous().get("/metrics").await.text;
    for line in [
        r#"purchases_total{outcome="completed"}"#,
        r#"purchases_total{outcome="declined"}"#,
        r#"refunds_total{outcome="refunded"}"#,
        r#"prompt_steps_total{result="delivered"}"#,
        "prompt_steps_waiting",
    ] {
        assert!(metrics.contains(line), "{line} in {metrics}");
    }
}
