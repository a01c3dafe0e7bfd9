//! `POST /api/marketplace/listings`.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{admin, path_of, start};

const LISTINGS: &str = "/api/marketplace/listings";

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn an_author_lists_a_prompt_and_everyone_sees_what_is_sold(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let prompt = fixture.prompts.write(&ada);
    let body = json!({"promptId": prompt, "price": 19.99, "commercialPrice": 0.1});
    let answer = fixture.client(&ada).post(LISTINGS, body).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    // The digits are those of the request: no binary float is involved.
    assert!(answer.text.contains(r#""price":19.99,"commercialPrice":0.10,"#), "{}", answer.text);
    let listing = answer.expect(201);
    assert_eq!(location, path_of(&listing));
    assert_eq!(listing["promptId"], json!(prompt));
    assert_eq!(listing["sellerId"], json!(ada.id));
    assert_eq!(listing["seller"], json!({"username": "ada"}));
    // The defaults come from the prompt.
    assert_eq!(listing["title"], "Code reviewer");
    assert_eq!(listing["description"], "Reviews code.");
    assert_eq!(listing["currency"], "USD");
    assert_eq!(listing["status"], "ACTIVE");
    assert_eq!(listing["isActive"], true);
    assert_eq!(listing["salesCount"], 0);
    assert_eq!(
        listing["prompt"],
        json!({
            "title": "Code reviewer", "description": "Reviews code.", "category": "Programming",
            "averageRating": 4.5, "contentPreview": "You review", "version": 3,
        }),
    );
    let seen = fixture.app.anonymous().get(&location).await.expect(200);
    assert_eq!(seen, listing);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_listing_has_words_and_a_currency_of_its_own(pool: PgPool) {
    let fixture = start(&pool).await;
    let listing = fixture
        .list(
            &user("ada"),
            json!({"price": 5, "title": "Never tires", "description": "By day.", "currency": "EUR"}),
        )
        .await;
    assert_eq!(listing["title"], "Never tires");
    assert_eq!(listing["description"], "By day.");
    assert_eq!(listing["currency"], "EUR");
    assert_eq!(listing["commercialPrice"], Value::Null);
    assert_eq!(listing["prompt"]["title"], "Code reviewer");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn nobody_but_the_author_may_list(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (user("ada"), user("eve"));
    let public = fixture.prompts.write(&ada);
    let private = fixture.prompts.write_with(&ada, json!({"visibility": "PRIVATE"}));
    let list = |prompt| json!({"promptId": prompt, "price": 1});

    let anonymous = fixture.app.anonymous();
    anonymous.post(LISTINGS, list(public)).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let client = fixture.client(&eve);
    client.post(LISTINGS, list(public)).await.expect_problem(403, "FORBIDDEN");
    client.post(LISTINGS, list(private)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    let absent = ids::PromptId::new();
    client.post(LISTINGS, list(absent)).await.expect_problem(404, "PROMPT_NOT_FOUND");
    fixture.client(&admin()).post(LISTINGS, list(public)).await.expect_problem(403, "FORBIDDEN");
    fixture.client(&ada).post(LISTINGS, list(private)).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_is_not_published_is_not_sold(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.client(&ada);
    for status in ["DRAFT", "ARCHIVED"] {
        let prompt = fixture.prompts.write_with(&ada, json!({"status": status}));
        let list = json!({"promptId": prompt, "price": 1});
        client.post(LISTINGS, &list).await.expect_problem(409, "PROMPT_NOT_PUBLISHED");
        fixture.prompts.edit(prompt, json!({"status": "PUBLISHED"}));
        client.post(LISTINGS, &list).await.expect(201);
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_bad_listing_names_every_bad_field(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.client(&ada);
    let body = json!({
        "promptId": 7, "price": "9.99", "commercialPrice": -1, "title": "x", "currency": "usd",
    });
    let problem = client.post(LISTINGS, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(
        Answer::bad_fields(&problem),
        ["commercialPrice", "currency", "price", "promptId", "title"],
    );
    let prompt = fixture.prompts.write(&ada);
    for price in ["0", "-0.01", "1.005", "100000", "1e9", "null", "true", "1e-3"] {
        let body = format!(r#"{{"promptId":"{prompt}","price":{price}}}"#);
        let problem = client
            .raw(http::Method::POST, LISTINGS, "application/json", &body)
            .await
            .expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), ["price"], "{price}");
    }
    for (price, shown) in [("0.010", "0.01"), ("99999.99", "99999.99")] {
        let body = format!(r#"{{"promptId":"{}","price":{price}}}"#, fixture.prompts.write(&ada));
        let answer = client.raw(http::Method::POST, LISTINGS, "application/json", &body).await;
        assert!(answer.text.contains(&format!(r#""price":{shown},"#)), "{}", answer.text);
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn of_many_who_list_a_prompt_at_once_one_does(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.client(&ada);
    let body = json!({"promptId": fixture.prompts.write(&ada), "price": 1});
    let attempts: Vec<_> = (0..5)
        .map(|_| {
            let (client, body) = (client.clone(), body.clone());
            tokio::spawn(async move { client.post(LISTINGS, body).await.status.as_u16() })
        })
        .collect();
    let mut statuses = Vec::new();
    for attempt in attempts {
        statuses.push(attempt.await.unwrap());
    }
    statuses.sort_unstable();
    assert_eq!(statuses, [201, 409, 409, 409, 409]);
    client.post(LISTINGS, &body).await.expect_problem(409, "ALREADY_LISTED");

    // A paused listing still blocks another; a removed one does not.
    let listing = client.get(LISTINGS).await.expect(200)["content"][0].clone();
    client.post(&format!("{}/pause", path_of(&listing)), ()).await.expect(200);
    client.post(LISTINGS, &body).await.expect_problem(409, "ALREADY_LISTED");
    client.delete(&path_of(&listing)).await.expect(204);
    client.post(LISTINGS, &body).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn without_the_prompt_service_nothing_is_listed_but_all_else_goes_on(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let prompt = fixture.prompts.write(&ada);
    fixture.prompts.stop().await;
    let answer = fixture.client(&ada).post(LISTINGS, json!({"promptId": prompt, "price": 1})).await;
    assert_eq!(answer.headers["retry-after"], "1");
    answer.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    assert_eq!(fixture.count("listings").await, 1);
    fixture.buy(&bob, &listing).await.expect(201);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn the_words_of_a_listing_can_be_seen_and_a_title_is_one_line(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.client(&ada);
    let list = |fields: Value| {
        let mut body = json!({"promptId": fixture.prompts.write(&ada), "price": 1});
        body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        body
    };
    let stands = fixture.list(&ada, json!({"price": 1})).await;
    for (fields, bad) in [
        (json!({"title": "\u{200b}\u{200b}\u{200b}"}), "title"),
        (json!({"title": "   "}), "title"),
        (json!({"title": " ab "}), "title"),
        (json!({"title": "Two\nlines"}), "title"),
        (json!({"title": "Turned \u{202e}round"}), "title"),
        (json!({"title": "t".repeat(201)}), "title"),
        (json!({"description": "\u{2060}"}), "description"),
        (json!({"description": "bell \u{7}"}), "description"),
        (json!({"description": "d".repeat(1001)}), "description"),
    ] {
        let problem = client.post(LISTINGS, list(fields.clone())).await;
        let problem = problem.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), [bad], "{fields}");
        let problem = client.put(&path_of(&stands), &fields).await;
        let problem = problem.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), [bad], "{fields}");
    }
    let family = "A family \u{1f469}\u{200d}\u{1f469}\u{200d}\u{1f467} of prompts";
    let fields = json!({"title": format!("  {family} "), "description": "First.\n\nSecond. "});
    let listing = client.post(LISTINGS, list(fields)).await.expect(201);
    assert_eq!(listing["title"], family);
    assert_eq!(listing["description"], "First.\n\nSecond.");
    let changed = client.put(&path_of(&listing), json!({"description": " "})).await.expect(200);
    assert_eq!(changed["description"], Value::Null);
}
