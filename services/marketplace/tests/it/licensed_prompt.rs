//! `GET /api/marketplace/licenses/{id}/prompt`.

use ids::{LicenseId, PromptId};
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::user;

use crate::support::{admin, start};

fn path(bought: &Value) -> String {
    format!("/api/marketplace/licenses/{}/prompt", bought["license"]["id"].as_str().unwrap())
}

fn prompt_of(listing: &Value) -> PromptId {
    listing["promptId"].as_str().unwrap().parse().unwrap()
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_holder_reads_the_licensed_version_and_newer_ones(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    // The prompt changes between listing and purchase: the licence is for the listed version.
    fixture.prompts.edit(prompt_of(&listing), json!({"version": 5, "content": "You review all."}));
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    let client = fixture.client(&bob);
    let newest = client.get(&path(&bought)).await.expect(200);
    assert_eq!(
        newest,
        json!({
            "licenseId": bought["license"]["id"], "promptId": listing["promptId"], "version": 5,
            "licensedVersion": 3, "title": "Code reviewer", "description": "Reviews code.",
            "category": "Programming", "content": "You review all.", "isCopy": false,
        }),
    );
    for version in [3, 4, 5] {
        let read = client.get(&format!("{}?version={version}", path(&bought))).await.expect(200);
        assert_eq!(read["version"], version);
        assert_eq!(read["isCopy"], false);
    }
    let older = format!("{}?version=2", path(&bought));
    client.get(&older).await.expect_problem(403, "VERSION_NOT_LICENSED");
    let unknown = format!("{}?version=6", path(&bought));
    client.get(&unknown).await.expect_problem(404, "VERSION_NOT_FOUND");
    for bad in ["0", "-1", "x"] {
        let bad = format!("{}?version={bad}", path(&bought));
        client.get(&bad).await.expect_problem(400, "VALIDATION_FAILED");
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn nobody_else_reads_what_was_bought(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    fixture.prompts.delete(prompt_of(&listing));
    let path = path(&bought);
    fixture.app.anonymous().get(&path).await.expect_problem(401, "AUTHENTICATION_REQUIRED");
    for other in [&ada, &user("eve"), &admin()] {
        let answer = fixture.client(other).get(&path).await;
        assert!(!answer.text.contains("You review code."), "{}", answer.text);
        answer.expect_problem(404, "LICENSE_NOT_FOUND");
    }
    let absent = format!("/api/marketplace/licenses/{}/prompt", LicenseId::new());
    fixture.client(&bob).get(&absent).await.expect_problem(404, "LICENSE_NOT_FOUND");
    // No other endpoint shows the copy.
    for path in [
        "/api/marketplace/listings".to_owned(),
        format!("/api/marketplace/listings/{}", listing["id"].as_str().unwrap()),
        format!("/api/marketplace/listings/seller/{}", ada.id),
    ] {
        let answer = fixture.client(&user("eve")).get(&path).await;
        assert!(!answer.text.contains("You review code."), "{}", answer.text);
        answer.expect(200);
    }
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_licence_that_ended_or_expired_gives_nothing(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 1, "commercialPrice": 2})).await;
    let refunded = fixture.buy(&bob, &listing).await.expect(201);
    fixture.refund(&ada, &refunded).await.expect(200);
    let expired = fixture.buy_as(&eve, &listing, "COMMERCIAL", "WALLET").await.expect(201);
    sqlx::query("update licenses set expires_at = now() - interval '1 second'")
        .execute(&fixture.pool)
        .await
        .unwrap();
    // The prompt service would answer; the licence decides.
    for (holder, bought) in [(&bob, &refunded), (&eve, &expired)] {
        let client = fixture.client(holder);
        client.get(&path(bought)).await.expect_problem(403, "LICENSE_NOT_VALID");
        fixture.prompts.delete(prompt_of(&fixture.list(&ada, json!({"price": 1})).await));
    }
    fixture.prompts.delete(prompt_of(&listing));
    let client = fixture.client(&bob);
    client.get(&path(&refunded)).await.expect_problem(403, "LICENSE_NOT_VALID");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_was_sold_is_there_when_the_prompt_is_gone(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    fixture.prompts.edit(prompt_of(&listing), json!({"version": 4, "content": "Changed."}));
    fixture.prompts.delete(prompt_of(&listing));
    let client = fixture.client(&bob);
    for path in [path(&bought), format!("{}?version=3", path(&bought))] {
        let copy = client.get(&path).await.expect(200);
        assert_eq!(copy["content"], "You review code.");
        assert_eq!(copy["version"], 3);
        assert_eq!(copy["isCopy"], true);
    }
    let newer = format!("{}?version=4", path(&bought));
    client.get(&newer).await.expect_problem(404, "VERSION_NOT_FOUND");

    // A listing from before contents were copied.
    sqlx::query("update listings set content = null").execute(&fixture.pool).await.unwrap();
    client.get(&path(&bought)).await.expect_problem(404, "PROMPT_NOT_FOUND");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn while_the_prompt_service_is_away_the_licensed_version_can_be_read(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, bob) = (user("ada"), user("bob"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    fixture.prompts.set_away(true);
    let bought = fixture.buy(&bob, &listing).await.expect(201);
    let client = fixture.client(&bob);
    let licensed = client.get(&format!("{}?version=3", path(&bought))).await.expect(200);
    assert_eq!(licensed["content"], "You review code.");
    assert_eq!(licensed["isCopy"], true);
    // Only the prompt service knows the newest version.
    client.get(&path(&bought)).await.expect_problem(503, "DEPENDENCY_UNAVAILABLE");
    fixture.prompts.set_away(false);
    // The licence is pushed before the prompt is read, if it was not yet.
    let newest = client.get(&path(&bought)).await.expect(200);
    assert_eq!(newest["isCopy"], false);
}
