//! The ratings that listings show.

use ids::PromptId;
use serde_json::{Value, json};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use testkit::{eventually, user};

use crate::support::{path_of, start_with};

fn prompt_of(listing: &Value) -> PromptId {
    listing["promptId"].as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn ratings_are_renewed_and_so_is_the_order(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start_with(&database, &[("LISTING_RATING_AGE_MS", "50")]).await;
    let ada = user("ada");
    let mut listings = Vec::new();
    for rating in [json!(4.5), json!(0)] {
        let prompt = fixture.prompts.write_with(&ada, json!({"averageRating": rating}));
        let body = json!({"promptId": prompt, "price": 1});
        let client = fixture.client(&ada);
        listings.push(client.post("/api/marketplace/listings", body).await.expect(201));
    }
    assert_eq!(listings[0]["prompt"]["averageRating"], 4.5);
    // Nobody has rated it.
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

    // Of one that is gone the last rating stays, and after an outage it goes on.
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
async fn many_ratings_are_renewed_stretch_by_stretch(_: PgPoolOptions, database: PgConnectOptions) {
    let fixture = start_with(&database, &[("LISTING_RATING_AGE_MS", "200")]).await;
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
