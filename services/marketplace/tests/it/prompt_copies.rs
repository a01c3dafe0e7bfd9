//! The copies of prompts that listings keep.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{eventually, user};

use crate::support::{path_of, start_with};

fn prompt_of(listing: &Value) -> PromptId {
    listing["promptId"].as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn ratings_are_renewed_and_so_is_the_order(pool: PgPool) {
    let fixture = start_with(&pool, &[("LISTING_RATING_AGE_MS", "50")]).await;
    let ada = user("ada");
    let mut listings = Vec::new();
    for rating in [json!(4.5), json!(0)] {
        let prompt = fixture.prompts.write_with(&ada, json!({"averageRating": rating}));
        let body = json!({"promptId": prompt, "price": 1});
        let client = fixture.client(&ada);
        listings.push(client.post("/api/marketplace/listings", body).await.expect(201));
    }
    assert_eq!(listings[0]["prompt"]["averageRating"], 4.5);
    // The prompt has no rating.
    assert_eq!(listings[1]["prompt"]["averageRating"], Value::Null);

    fixture.prompts.edit(prompt_of(&listings[0]), json!({"averageRating": 0}));
    fixture.prompts.edit(prompt_of(&listings[1]), json!({"averageRating": 3.25}));
    let anyone = fixture.app.anonymous();
    eventually("the new order", || async {
        let page = anyone.get("/api/marketplace/listings?sortBy=top-rated").await.expect(200);
        let ratings = [0, 1].map(|i| page["content"][i]["prompt"]["averageRating"].clone());
        (ratings == [json!(3.25), Value::Null]).then_some(())
    })
    .await;

    // The listing of a deleted prompt keeps its last rating. After an outage the job goes on.
    fixture.prompts.delete(prompt_of(&listings[1]));
    fixture.prompts.set_away(true);
    fixture.prompts.edit(prompt_of(&listings[0]), json!({"averageRating": 2}));
    fixture.client(&ada).put(&path_of(&listings[0]), json!({"price": 2})).await.expect(200);
    fixture.prompts.set_away(false);
    eventually("the next rating", || async {
        let listing = anyone.get(&path_of(&listings[0])).await.expect(200);
        (listing["prompt"]["averageRating"] == 2.0).then_some(())
    })
    .await;
    let gone = anyone.get(&path_of(&listings[1])).await.expect(200);
    assert_eq!(gone["prompt"]["averageRating"], 3.25);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn many_ratings_are_renewed_stretch_by_stretch(pool: PgPool) {
    let fixture = start_with(&pool, &[("LISTING_RATING_AGE_MS", "200")]).await;
    let ada = user("ada");
    let mut prompts = Vec::new();
    for _ in 0..120 {
        prompts.push(prompt_of(&fixture.list(&ada, json!({"price": 1})).await));
    }
    for prompt in prompts {
        fixture.prompts.edit(prompt, json!({"averageRating": 1.5}));
    }
    eventually("all to be renewed", || async {
        (fixture.count("listings where average_rating = 1.5").await == 120).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_listing_follows_the_words_of_its_prompt_and_keeps_its_own_and_what_is_sold(
    pool: PgPool,
) {
    let fixture = start_with(&pool, &[("LISTING_RATING_AGE_MS", "50")]).await;
    let ada = user("ada");
    let plain = fixture.list(&ada, json!({"price": 1})).await;
    let worded = fixture
        .list(&ada, json!({"price": 1, "title": "Never tires", "description": "By day."}))
        .await;
    let paused = fixture.list(&ada, json!({"price": 1})).await;
    let pause = format!("{}/pause", path_of(&paused));
    fixture.client(&ada).post(&pause, ()).await.expect(200);
    for listing in [&plain, &worded, &paused] {
        fixture.prompts.edit(
            prompt_of(listing),
            json!({
                "title": "Renamed", "description": null, "category": "Law", "version": 4,
                "content": "Something else.", "contentPreview": "Something",
            }),
        );
    }
    let seller = fixture.client(&ada);
    for (listing, title, description) in [
        (&plain, "Renamed", Value::Null),
        (&worded, "Never tires", json!("By day.")),
        (&paused, "Renamed", Value::Null),
    ] {
        let now = eventually("the new words", || async {
            let now = seller.get(&path_of(listing)).await.expect(200);
            (now["prompt"]["title"] == "Renamed").then_some(now)
        })
        .await;
        assert_eq!((&now["title"], &now["description"]), (&json!(title), &description));
        assert_eq!(now["prompt"]["description"], Value::Null);
        assert_eq!(now["prompt"]["category"], "Law");
        // The sold content stays as it was listed.
        assert_eq!(now["prompt"]["contentPreview"], "You review");
        assert_eq!(now["prompt"]["version"], 3);
        assert_eq!(now["updatedAt"], seller.get(&path_of(listing)).await.expect(200)["updatedAt"]);
    }
    // A draft gives its rating to its listing, but not its words.
    let prompt = prompt_of(&plain);
    let draft = json!({"status": "DRAFT", "title": "Secret plans", "averageRating": 2.5});
    fixture.prompts.edit(prompt, draft);
    let now = eventually("the new rating", || async {
        let now = seller.get(&path_of(&plain)).await.expect(200);
        (now["prompt"]["averageRating"] == 2.5).then_some(now)
    })
    .await;
    assert_eq!((&now["title"], &now["prompt"]["title"]), (&json!("Renamed"), &json!("Renamed")));
    assert_eq!(now["prompt"]["category"], "Law");
    // A search finds the new words, and not the old ones.
    let anyone = fixture.app.anonymous();
    fixture.wait_for_search(&anyone).await;
    let found = async |query: &str| {
        let page = anyone.get(&format!("/api/marketplace/listings?{query}")).await.expect(200);
        page["content"].as_array().unwrap().len()
    };
    assert_eq!(found("search=programming").await, 0);
    assert_eq!(found("search=renamed").await, 2);
    assert_eq!(found("category=law").await, 2);
}
