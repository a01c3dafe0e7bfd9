//! Prices in currencies with minor units of their own.

use http::Method;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{Fixture, path_of, start};

const LISTINGS: &str = "/api/marketplace/listings";

/// Lists a new prompt at a price with this spelling.
async fn offer(fixture: &Fixture, price: &str, currency: &str) -> Answer {
    let ada = user("ada");
    let prompt = fixture.prompts.write(&ada);
    let body = format!(r#"{{"promptId":"{prompt}","price":{price},"currency":"{currency}"}}"#);
    fixture.client(&ada).raw(Method::POST, LISTINGS, "application/json", &body).await
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_price_has_no_finer_units_than_its_currency(pool: PgPool) {
    let fixture = start(&pool).await;
    for (price, currency, shown) in [
        ("990", "JPY", "990"),
        ("990.0", "JPY", "990"),
        ("9999999", "JPY", "9999999"),
        ("1.505", "KWD", "1.505"),
        ("1.5", "KWD", "1.500"),
        ("9.990", "USD", "9.99"),
        ("1e2", "USD", "100.00"),
        ("1E+2", "JPY", "100"),
    ] {
        let answer = offer(&fixture, price, currency).await;
        let field = format!(r#""price":{shown},"#);
        assert!(answer.text.contains(&field), "{price} {currency}: {}", answer.text);
        let listing = answer.expect(201);
        let seen = fixture.app.anonymous().get(&path_of(&listing)).await;
        assert!(seen.text.contains(&field), "{}", seen.text);
    }
    for (price, currency) in [
        ("9.99", "JPY"),
        ("0.5", "KRW"),
        ("9.9999", "KWD"),
        ("9.999", "USD"),
        ("-0", "USD"),
        ("-0.0", "JPY"),
        ("10000000", "JPY"),
        ("1e400", "USD"),
    ] {
        let problem = offer(&fixture, price, currency).await;
        if price == "1e400" {
            // No type can hold this number.
            assert_eq!(problem.status, 400);
            continue;
        }
        let problem = problem.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["price"], "{price} {currency}");
    }
    for currency in ["ZZZ", "XAU", "HRK", "jpy"] {
        let problem = offer(&fixture, "1", currency).await;
        let problem = problem.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["currency"], "{currency}");
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_changed_price_is_one_of_the_listings_currency(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 990, "currency": "JPY"})).await;
    let client = fixture.client(&ada);
    let body = json!({"price": 9.99, "commercialPrice": 0.5, "title": "  "});
    let problem =
        client.put(&path_of(&listing), body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["commercialPrice", "price", "title"]);
    let changed = client.put(&path_of(&listing), json!({"price": 200000})).await.expect(200);
    assert_eq!(changed["price"], 200_000);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn fees_and_revenue_are_in_the_minor_units_of_each_currency_and_never_mixed(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let yen = fixture.list(&ada, json!({"price": 995, "currency": "JPY"})).await;
    let dinar = fixture.list(&ada, json!({"price": 1.234, "currency": "KWD"})).await;
    let dollar = fixture.list(&ada, json!({"price": 9.99})).await;
    for (listing, figures) in [
        // 10 %: 99.5 rounds to the even yen, 0.1234 to the fils.
        (&yen, r#""amount":995,"platformFee":100,"currency":"JPY""#),
        (&dinar, r#""amount":1.234,"platformFee":0.123,"currency":"KWD""#),
        (&dollar, r#""amount":9.99,"platformFee":1.00,"currency":"USD""#),
    ] {
        let bought = fixture.buy(&user("bob"), listing).await;
        assert!(bought.text.contains(figures), "{}", bought.text);
        bought.expect(201);
    }
    fixture.buy(&user("eve"), &yen).await.expect(201);
    fixture.buy(&user("eve"), &yen).await.expect(201);
    for (currency, figures) in [
        (
            "JPY",
            r#""totalRevenue":2985,"totalSales":3,"averageSalePrice":995,"platformFees":300,"netRevenue":2685,"refunds":0,"#,
        ),
        (
            "KWD",
            r#""totalRevenue":1.234,"totalSales":1,"averageSalePrice":1.234,"platformFees":0.123,"netRevenue":1.111,"refunds":0.000,"#,
        ),
        (
            "USD",
            r#""totalRevenue":9.99,"totalSales":1,"averageSalePrice":9.99,"platformFees":1.00,"netRevenue":8.99,"refunds":0.00,"#,
        ),
    ] {
        let path = format!("/api/marketplace/revenue/{}?currency={currency}", ada.id);
        let answer = fixture.client(&ada).get(&path).await;
        assert!(answer.text.contains(figures), "{}", answer.text);
        let revenue = answer.expect(200);
        assert_eq!(revenue["byMonth"].as_array().map(Vec::len), Some(1));
        assert_eq!(revenue["topListings"].as_array().map(Vec::len), Some(1));
        assert_eq!(revenue["topListings"][0]["totalRevenue"], revenue["totalRevenue"]);
    }
    // The charged amounts equal the shown ones.
    assert_eq!(
        fixture.count("simulated_charges where (amount, currency) = (1.234, 'KWD')").await,
        1
    );
    assert_eq!(fixture.count("simulated_charges where (amount, currency) = (995, 'JPY')").await, 3);
    // The prompt service gets the price in the same units.
    fixture.wait_for_prompt_sync().await;
    let prompt = dinar["promptId"].as_str().unwrap().parse().unwrap();
    assert_eq!(fixture.prompts.premium(prompt).unwrap()["price"], 1.234);
}

#[sqlx::test(migrations = false)]
async fn prices_that_nobody_could_pay_are_rounded_when_the_database_is_brought_up_to_date(
    pool: sqlx::PgPool,
) {
    const NEW: i64 = 4;
    let run = |from: i64, to: i64| {
        let pool = pool.clone();
        async move {
            let all = &marketplace_service::MIGRATOR;
            for migration in all.iter().filter(|one| (from..=to).contains(&one.version)) {
                sqlx::raw_sql(sqlx::AssertSqlSafe(migration.sql.as_str().to_owned()))
                    .execute(&pool)
                    .await
                    .unwrap();
            }
        }
    };
    run(1, NEW - 1).await;
    for (price, commercial, currency) in
        [("9.99", Some("99999.99"), "JPY"), ("0.10", None, "JPY"), ("9.99", Some("0.10"), "USD")]
    {
        sqlx::query(
            "insert into listings (id, prompt_id, prompt_version, prompt_title, prompt_category,
                                   content_preview, seller_id, seller_username, title, price,
                                   commercial_price, currency)
             values (gen_random_uuid(), gen_random_uuid(), 1, 't', 'c', 'p', gen_random_uuid(), 'ada', 't',
                     $1::numeric, $2::numeric, $3)",
        )
        .bind(price)
        .bind(commercial)
        .bind(currency)
        .execute(&pool)
        .await
        .unwrap();
    }
    run(NEW, NEW).await;
    let after: Vec<(String, Option<String>, String)> = sqlx::query_as(
        "select trim_scale(price)::text, trim_scale(commercial_price)::text, currency from listings
         order by currency, price desc",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    let row = |price: &str, commercial: Option<&str>, currency: &str| {
        (price.to_owned(), commercial.map(str::to_owned), currency.to_owned())
    };
    assert_eq!(
        after,
        [row("10", Some("100000"), "JPY"), row("1", None, "JPY"), row("9.99", Some("0.1"), "USD"),],
    );
    let told: i64 = sqlx::query_scalar("select count(*) from prompt_steps where about = 'PREMIUM'")
        .fetch_one(&pool)
        .await
        .unwrap();
    assert_eq!(told, 2);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn bounds_on_prices_are_numbers_however_they_are_written(pool: PgPool) {
    let fixture = start(&pool).await;
    let listing = fixture.list(&user("ada"), json!({"price": 50})).await;
    let anyone = fixture.app.anonymous();
    for (query, found) in
        [("minPrice=-0&maxPrice=5e1", true), ("minPrice=50.000", true), ("minPrice=1e2", false)]
    {
        let page = anyone.get(&format!("{LISTINGS}?{query}")).await.expect(200);
        let ids: Vec<&Value> =
            page["content"].as_array().unwrap().iter().map(|listing| &listing["id"]).collect();
        assert_eq!(ids == [&listing["id"]], found, "{query}");
    }
    for query in
        ["minPrice=-1", "minPrice=NaN", "minPrice=Infinity", "minPrice=1_0", "minPrice=much"]
    {
        let problem = anyone.get(&format!("{LISTINGS}?{query}")).await;
        let problem = problem.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["detail"].as_str().unwrap().starts_with("minPrice: must "), "{problem}");
        assert!(!problem.to_string().contains("Decimal"), "{problem}");
    }
}
