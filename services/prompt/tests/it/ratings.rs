//! Ratings and their mean.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Client, user};

use crate::support::{admin, assert_snapshot, create, private, reviewer, start};

const RATINGS: &str = "/api/social/ratings";

fn on(prompt: &Value) -> String {
    format!("{RATINGS}/{}", prompt["id"].as_str().unwrap())
}

async fn rate(client: &Client, prompt: &Value, stars: i32) -> Value {
    let answer = client.post(RATINGS, json!({"promptId": prompt["id"], "rating": stars})).await;
    assert!([200, 201].contains(&answer.status.as_u16()), "{}", answer.text);
    answer.json
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_rating_can_be_changed_and_the_mean_follows(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let prompt = create(&anonymous.forwarded_for(&user("ada")), reviewer()).await;
    let eve = anonymous.forwarded_for(&user("eve"));
    let bob = anonymous.forwarded_for(&user("bob"));
    let none = eve.get(&on(&prompt)).await.expect(200);
    assert_eq!((&none["averageRating"], &none["ratingsCount"]), (&json!(0.0), &json!(0)));

    let body = |stars: i32| json!({"promptId": prompt["id"], "rating": stars, "review": " Fine. "});
    eve.post(RATINGS, body(2)).await.expect(201);
    let changed = eve.post(RATINGS, body(5)).await.expect(200);
    assert_eq!(changed["distribution"], json!({"1": 0, "2": 0, "3": 0, "4": 0, "5": 1}));
    rate(&bob, &prompt, 4).await;

    let summary = eve.get(&on(&prompt)).await.expect(200);
    assert_snapshot("rating_summary", &summary);
    let stranger = anonymous.get(&on(&prompt)).await.expect(200);
    assert_eq!(stranger["userRating"], json!(null));
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn all_ratings_are_a_page_with_their_reviews(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let prompt = create(&anonymous.forwarded_for(&user("ada")), reviewer()).await;
    let fans = [("eve", Some(" Fine. ")), ("bob", None), ("kim", Some("  "))];
    for (name, review) in fans {
        let fan = anonymous.forwarded_for(&user(name));
        let body = json!({"promptId": prompt["id"], "rating": 4, "review": review});
        fan.post(RATINGS, body).await.expect(201);
    }
    let all = format!("{}/all", on(&prompt));
    let mut seen = Vec::new();
    let mut next = format!("{all}?size=2");
    loop {
        let page = anonymous.get(&next).await.expect(200);
        if seen.is_empty() {
            assert_snapshot("rating_page", &page);
        }
        for rating in page["content"].as_array().unwrap() {
            seen.push((rating["username"].clone(), rating["review"].clone()));
        }
        match page["nextCursor"].as_str() {
            Some(cursor) => next = format!("{all}?size=2&cursor={cursor}"),
            None => break,
        }
    }
    let newest_first = [("kim", None), ("bob", None), ("eve", Some("Fine."))];
    assert_eq!(seen, newest_first.map(|(name, review)| (json!(name), json!(review))));
    let by_number = anonymous.get(&format!("{all}?size=2&page=1")).await.expect(200);
    assert_eq!(by_number["content"][0]["username"], "eve");
    anonymous.get(&format!("{all}?cursor=x")).await.expect_problem(400, "VALIDATION_FAILED");
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn nobody_rates_what_they_wrote(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let root = fixture.app.anonymous().forwarded_for(&admin("root"));
    for author in [ada, root] {
        let prompt = create(&author, reviewer()).await;
        let own = json!({"promptId": prompt["id"], "rating": 5});
        author.post(RATINGS, own).await.expect_problem(409, "OWN_PROMPT");
        assert_eq!(author.get(&on(&prompt)).await.expect(200)["ratingsCount"], 0);
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_bad_or_unseen_rating_is_refused(pool: PgPool) {
    let fixture = start(&pool).await;
    let anonymous = fixture.app.anonymous();
    let ada = anonymous.forwarded_for(&user("ada"));
    let eve = anonymous.forwarded_for(&user("eve"));
    let prompt = create(&ada, reviewer()).await;
    let hidden = create(&ada, private(reviewer())).await;
    for stars in [json!(0), json!(6), json!("5"), json!(4.5), json!(null)] {
        let body = json!({"promptId": prompt["id"], "rating": stars});
        let problem = eve.post(RATINGS, body).await.expect_problem(400, "VALIDATION_FAILED");
        assert!(problem["errors"]["rating"].is_array(), "{stars}");
    }
    let body = json!({"promptId": "x", "rating": 5, "review": "x".repeat(2001)});
    let problem = eve.post(RATINGS, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert!(problem["errors"]["promptId"].is_array() && problem["errors"]["review"].is_array());
    let body = |prompt: &Value| json!({"promptId": prompt["id"], "rating": 3});
    anonymous.post(RATINGS, body(&prompt)).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    let absent = json!({"id": PromptId::new()});
    for prompt in [&hidden, &absent] {
        eve.post(RATINGS, body(prompt)).await.expect_problem(404, "PROMPT_NOT_FOUND");
        eve.get(&on(prompt)).await.expect_problem(404, "PROMPT_NOT_FOUND");
        let all = format!("{}/all", on(prompt));
        eve.get(&all).await.expect_problem(404, "PROMPT_NOT_FOUND");
    }
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn first_ratings_at_once_by_one_person_count_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = create(&fixture.app.anonymous().forwarded_for(&user("ada")), reviewer()).await;
    let eve = fixture.app.anonymous().forwarded_for(&user("eve"));
    let attempts: Vec<_> = (0..20)
        .map(|i| {
            let (eve, body) = (eve.clone(), json!({"promptId": prompt["id"], "rating": i % 5 + 1}));
            tokio::spawn(async move { eve.post(RATINGS, body).await.status.as_u16() })
        })
        .collect();
    let mut firsts = 0;
    for attempt in attempts {
        match attempt.await.unwrap() {
            201 => firsts += 1,
            status => assert_eq!(status, 200),
        }
    }
    assert_eq!(firsts, 1);
    let summary = eve.get(&on(&prompt)).await.expect(200);
    assert_eq!(summary["ratingsCount"], 1);
    assert_eq!(summary["averageRating"].as_f64(), summary["userRating"].as_f64());
}
