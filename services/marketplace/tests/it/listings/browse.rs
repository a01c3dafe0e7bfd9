//! `GET /api/marketplace/listings…`.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, Client, user};

use crate::support::{Fixture, admin, assert_snapshot, path_of, start};

const LISTINGS: &str = "/api/marketplace/listings";

/// Title, category, price and rating of the listings on sale.
const LISTED: [(&str, &str, f64, Option<f64>); 5] = [
    ("Email writer", "Marketing", 5.0, Some(3.0)),
    ("Code reviewer", "Programming", 20.0, Some(5.0)),
    ("Poet", "Writing", 5.0, None),
    ("100% tester_x", "Programming", 0.5, Some(3.0)),
    ("Cold email coach", "marketing", 12.5, Some(4.25)),
];

async fn stocked(pool: &PgPool) -> Fixture {
    let fixture = start(pool).await;
    let ada = user("ada");
    let client = fixture.client(&ada);
    for (i, (title, category, price, rating)) in LISTED.into_iter().enumerate() {
        let fields = json!({
            "title": title, "category": category, "averageRating": rating.unwrap_or_default(), "description": null,
        });
        let prompt = fixture.prompts.write_with(&ada, fields);
        let listing =
            client.post(LISTINGS, json!({"promptId": prompt, "price": price})).await.expect(201);
        for _ in 0..i % 3 {
            fixture.buy(&user("buyer"), &listing).await.expect(201);
        }
    }
    fixture
}

fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn found(client: &Client, query: &str) -> Vec<String> {
    let page = client.get(&format!("{LISTINGS}?{query}")).await.expect(200);
    assert_eq!(page["totalElements"], page["content"].as_array().unwrap().len());
    titles(&page).into_iter().map(str::to_owned).collect()
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn every_order_is_the_same_by_offset_and_by_cursor(pool: PgPool) {
    let fixture = stocked(&pool).await;
    let client = fixture.app.anonymous();
    let [email, code, poet, tester, cold] = LISTED.map(|(title, ..)| title);
    for (sort_by, expected) in [
        ("newest", [cold, tester, poet, code, email]),
        // 0, 1, 2, 0 and 1 sales; among equals the newer comes first.
        ("popular", [poet, cold, code, tester, email]),
        ("price-low", [tester, email, poet, cold, code]),
        ("price-high", [code, cold, poet, email, tester]),
        ("top-rated", [code, cold, tester, email, poet]),
    ] {
        let whole = client.get(&format!("{LISTINGS}?sortBy={sort_by}")).await.expect(200);
        assert_eq!(titles(&whole), expected, "{sort_by}");
        assert_eq!(whole["totalElements"], 5);
        assert_eq!(whole["last"], true);

        let mut by_offset = Vec::new();
        for page in 0..3 {
            let url = format!("{LISTINGS}?sortBy={sort_by}&size=2&page={page}");
            let page = client.get(&url).await.expect(200);
            assert_eq!(page["totalPages"], 3);
            by_offset.extend(titles(&page).into_iter().map(str::to_owned));
        }
        assert_eq!(by_offset, expected, "{sort_by} by offset");

        let mut by_cursor = Vec::new();
        let mut url = format!("{LISTINGS}?sortBy={sort_by}&size=2");
        loop {
            let page = client.get(&url).await.expect(200);
            by_cursor.extend(titles(&page).into_iter().map(str::to_owned));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            url = format!("{LISTINGS}?sortBy={sort_by}&size=2&cursor={cursor}");
        }
        assert_eq!(by_cursor, expected, "{sort_by} by cursor");
    }
    let newest = client.get(&format!("{LISTINGS}?size=2")).await.expect(200);
    assert_snapshot("listing_page", &newest);
    assert_eq!(titles(&client.get(LISTINGS).await.expect(200))[0], cold);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn filters_narrow_and_combine(pool: PgPool) {
    let fixture = stocked(&pool).await;
    let client = fixture.app.anonymous();
    fixture.wait_for_search(&client).await;
    for (query, expected) in [
        ("category=MARKETING", vec!["Cold email coach", "Email writer"]),
        ("category=market", vec![]),
        ("minPrice=5&maxPrice=12.50", vec!["Cold email coach", "Poet", "Email writer"]),
        ("minPrice=12.51", vec!["Code reviewer"]),
        ("maxPrice=0.5", vec!["100% tester_x"]),
        ("minPrice=5&maxPrice=5", vec!["Poet", "Email writer"]),
        ("search=EMAIL", vec!["Cold email coach", "Email writer"]),
        ("search=email+cold", vec!["Cold email coach"]),
        ("search=programm", vec!["100% tester_x", "Code reviewer"]),
        ("search=100%25", vec!["100% tester_x"]),
        ("search=tester_x", vec!["100% tester_x"]),
        ("search=%5C", vec![]),
        ("search=it's+%22quoted", vec![]),
        ("search=email&category=marketing&maxPrice=10", vec!["Email writer"]),
    ] {
        assert_eq!(found(&client, query).await, expected, "{query}");
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn bad_parameters_are_all_named(pool: PgPool) {
    let fixture = stocked(&pool).await;
    let client = fixture.app.anonymous();
    let url = format!("{LISTINGS}?sortBy=cheapest&minPrice=-1&maxPrice=much&size=0&page=x");
    let problem = client.get(&url).await.expect_problem(400, "VALIDATION_FAILED");
    assert_snapshot("listings_validation_failed", &problem);

    let url = format!("{LISTINGS}?minPrice=10&maxPrice=9.99");
    let problem = client.get(&url).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["maxPrice"]);

    let page = client.get(&format!("{LISTINGS}?sortBy=price-low&size=1")).await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    for url in [
        format!("{LISTINGS}?sortBy=price-high&cursor={cursor}"),
        format!("{LISTINGS}?cursor=rubbish"),
    ] {
        let problem = client.get(&url).await.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["cursor"]);
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_is_not_on_sale_is_listed_for_its_seller_only(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let client = fixture.client(&ada);
    let mut listings = Vec::new();
    for title in ["First", "Second", "Third"] {
        listings.push(fixture.list(&ada, json!({"price": 1, "title": title})).await);
    }
    fixture.list(&bob, json!({"price": 1, "title": "Of Bob"})).await;
    client.post(&format!("{}/pause", path_of(&listings[0])), ()).await.expect(200);
    client.delete(&path_of(&listings[1])).await.expect(204);

    let catalogue = fixture.app.anonymous().get(LISTINGS).await.expect(200);
    assert_eq!(titles(&catalogue), ["Of Bob", "Third"]);
    let of_ada = format!("{LISTINGS}/seller/{}", ada.id);
    for stranger in [fixture.app.anonymous(), fixture.client(&bob)] {
        let page = stranger.get(&of_ada).await.expect(200);
        assert_eq!(titles(&page), ["Third"]);
        assert_eq!(page["totalElements"], 1);
    }
    for entitled in [&client, &fixture.client(&admin())] {
        let page = entitled.get(&of_ada).await.expect(200);
        assert_eq!(titles(&page), ["Third", "Second", "First"]);
        assert_eq!(page["totalElements"], 3);
    }
    let first = client.get(&format!("{of_ada}?size=2")).await.expect(200);
    let cursor = first["nextCursor"].as_str().unwrap();
    let rest = client.get(&format!("{of_ada}?size=2&cursor={cursor}")).await.expect(200);
    assert_eq!(titles(&rest), ["First"]);
    assert_eq!(rest["last"], true);
    let nobody = format!("{LISTINGS}/seller/{}", ids::UserId::new());
    assert_eq!(client.get(&nobody).await.expect(200)["content"], json!([]));
    let malformed = format!("{LISTINGS}/seller/ada");
    client.get(&malformed).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_is_on_offer_of_one_prompt_is_found(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.list(&ada, json!({"price": 1})).await;
    let anyone = fixture.app.anonymous();
    let of = |prompt: &Value| {
        let path = format!("/api/marketplace/listings?promptId={}", prompt.as_str().unwrap());
        let anyone = anyone.clone();
        async move { anyone.get(&path).await.expect(200) }
    };
    let page = of(&listing["promptId"]).await;
    assert_eq!(page["content"], json!([listing]));
    assert_eq!(page["totalElements"], 1);
    assert_eq!(of(&json!(ids::PromptId::new())).await["content"], json!([]));
    // A paused listing is not on sale.
    fixture.client(&ada).post(&format!("{}/pause", path_of(&listing)), ()).await.expect(200);
    assert_eq!(of(&listing["promptId"]).await["content"], json!([]));
    anyone
        .get("/api/marketplace/listings?promptId=7")
        .await
        .expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_page_of_listings_is_never_over_a_mebibyte(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    // The longest texts that a listing can have, in the characters with the most bytes.
    let long = "\u{1f916}".repeat(1000);
    for _ in 0..100 {
        let prompt = fixture.prompts.write_with(&ada, json!({"description": long}));
        let body = json!({"promptId": prompt, "price": 1, "title": "\u{1f916}".repeat(200), "description": long});
        fixture.client(&ada).post("/api/marketplace/listings", body).await.expect(201);
    }
    sqlx::query("update listings set prompt_title = title, content_preview = title")
        .execute(&fixture.pool)
        .await
        .unwrap();
    let path = format!("/api/marketplace/listings/seller/{}?size=100", ada.id);
    for path in ["/api/marketplace/listings?size=100", &path] {
        let answer = fixture.app.anonymous().get(path).await;
        assert!(answer.text.len() <= 1024 * 1024, "{}", answer.text.len());
        let page = answer.expect(200);
        assert_eq!(page["content"].as_array().unwrap().len(), 100);
        assert_eq!(page["contentTruncated"], true);
        assert_eq!(page["content"][0]["description"], json!(long));
    }
}
