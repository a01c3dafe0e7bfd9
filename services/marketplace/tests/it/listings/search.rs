//! `GET /api/marketplace/listings?search=`: what a search finds.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, user};

use crate::support::{Fixture, start};

const LISTINGS: &str = "/api/marketplace/listings";

/// Title, description, category and price of the listings on sale, and their sellers.
const LISTED: [(&str, &str, &str, i32, &str); 6] = [
    ("Terminal tutor", "Explains commands.", "Programming", 3, "ada"),
    ("Email writer", "Writes letters to customers.", "Marketing", 5, "ada"),
    ("日本語の先生", "文法を教えます。", "言語", 4, "haruki"),
    ("Переводчик", "Переводит письма.", "Языки", 2, "ivan"),
    ("Café guide", "Finds a table.", "Travel", 1, "grace"),
    ("Cold email coach", "Polishes a first letter.", "Marketing", 9, "grace"),
];

async fn stocked(pool: &PgPool) -> Fixture {
    let fixture = start(pool).await;
    for (title, description, category, price, seller) in LISTED {
        let seller = user(seller);
        let words = json!({
            "title": title, "description": description, "category": category,
            "contentPreview": "", "content": "Unsold words.",
        });
        let prompt = fixture.prompts.write_with(&seller, words);
        let body = json!({"promptId": prompt, "price": price});
        fixture.client(&seller).post(LISTINGS, body).await.expect(201);
    }
    fixture.wait_for_search(&fixture.app.anonymous()).await;
    fixture
}

fn path(search: &str, more: &str) -> String {
    let search: String = search.bytes().map(|byte| format!("%{byte:02X}")).collect();
    format!("{LISTINGS}?search={search}{more}")
}

fn titles(page: &Value) -> Vec<&str> {
    page["content"].as_array().unwrap().iter().map(|item| item["title"].as_str().unwrap()).collect()
}

async fn find(client: &Client, search: &str) -> Value {
    client.get(&path(search, "")).await.expect(200)
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn listings_are_found_by_whatever_they_show_in_whatever_form(pool: PgPool) {
    let fixture = stocked(&pool).await;
    let client = fixture.app.anonymous();
    let [terminal, email, japanese, russian, cafe, cold] = LISTED.map(|(title, ..)| title);
    for (search, expected) in [
        ("TERMINAL", vec![terminal]),
        ("termnial tutr", vec![terminal]),
        ("command explained", vec![terminal]),
        ("termi", vec![terminal]),
        ("cafe", vec![cafe]),
        ("日本語", vec![japanese]),
        ("文法", vec![japanese]),
        ("переводчика", vec![russian]),
        ("письмо", vec![russian]),
        ("marketing", vec![cold, email]),
        ("letters", vec![cold, email]),
        ("\"cold email\"", vec![cold]),
        ("email -cold", vec![email]),
        ("tutor or guide", vec![cafe, terminal]),
        // All words must be there, though one of them alone would be found.
        ("email haruki", vec![]),
        ("haruki", vec![japanese]),
        ("grace marketing", vec![cold]),
        // What is for sale is not searched.
        ("unsold", vec![]),
        ("...", vec![]),
        ("' or 1=1 --", vec![]),
    ] {
        let page = find(&client, search).await;
        assert_eq!(titles(&page), expected, "{search}");
        assert_eq!(page["totalElements"], expected.len(), "{search}");
    }
    // Nothing is searched for.
    assert_eq!(titles(&find(&client, " \t").await).len(), LISTED.len());
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_search_narrows_a_list_whose_order_filters_and_cursors_stay_as_they_are(pool: PgPool) {
    let fixture = stocked(&pool).await;
    let client = fixture.app.anonymous();
    let [terminal, email, _, _, cafe, cold] = LISTED.map(|(title, ..)| title);
    let search = "email or tutor or guide";
    for (more, expected) in [
        ("", vec![cold, cafe, email, terminal]),
        ("&sortBy=price-low", vec![cafe, terminal, email, cold]),
        ("&sortBy=price-high", vec![cold, email, terminal, cafe]),
        ("&category=MARKETING", vec![cold, email]),
        ("&minPrice=2&maxPrice=5", vec![email, terminal]),
        ("&minPrice=2&category=travel", vec![]),
    ] {
        let page = client.get(&path(search, more)).await.expect(200);
        assert_eq!(titles(&page), expected, "{more}");
        let mut by_cursor = Vec::new();
        let first = path(search, &format!("{more}&size=1"));
        let mut url = first.clone();
        loop {
            let page = client.get(&url).await.expect(200);
            by_cursor.extend(titles(&page).into_iter().map(str::to_owned));
            let Some(cursor) = page["nextCursor"].as_str() else { break };
            url = format!("{first}&cursor={cursor}");
        }
        assert_eq!(by_cursor, expected, "{more} by cursor");
    }
    let page = client.get(&path(search, "&size=1")).await.expect(200);
    let cursor = page["nextCursor"].as_str().unwrap();
    let other = path("email", &format!("&size=1&cursor={cursor}"));
    client.get(&other).await.expect_problem(400, "VALIDATION_FAILED");
}
