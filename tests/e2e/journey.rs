//! One journey through all services.

use serde_json::{Value, json};
use testkit::eventually;

use crate::{
    fleet::Fleet,
    people::{account, register, stats_where},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_written_edited_read_liked_tested_listed_and_sold() {
    let fleet = Fleet::start().await;
    let anyone = fleet.client();

    // Two users register; one logs in again and refreshes.
    let ada = register(&fleet, "ada").await;
    let eve = register(&fleet, "eve").await;
    let login = json!({"email": "ada@example.com", "password": account("ada")["password"]});
    let session = anyone.post("/auth/login", login).await.expect(200);
    let refresh = json!({"refreshToken": session["refreshToken"]});
    let refreshed = anyone.post("/auth/refresh", refresh).await.expect(200);
    let ada_client = anyone.with_bearer(refreshed["accessToken"].as_str().unwrap());
    assert_eq!(ada_client.get("/users/me").await.expect(200)["username"], "ada");

    // A prompt that is edited once has two versions.
    let id = ada.creates("Summarise anything").await;
    let path = format!("/prompts/{id}");
    let change = json!({"title": "Summarise anything well", "changeLog": "A better title"});
    assert_eq!(ada_client.put(&path, change).await.expect(200)["version"], 2);
    let versions = anyone.get(&format!("{path}/versions")).await.expect(200);
    assert_eq!(versions["totalElements"], 2);
    assert_eq!(versions["content"][0]["title"], "Summarise anything well");
    assert_eq!(versions["content"][1]["title"], "Summarise anything");

    // A stranger's view raises trending; the author's own does not.
    ada_client.get(&path).await.expect(200);
    let seen = eve.client.get(&path).await.expect(200);
    assert_eq!(seen["authorName"], "Test ada");
    let trending = eventually("the prompt to trend", || async {
        let trending = anyone.get("/analytics/trending?days=7").await.expect(200);
        let first = &trending["trending"][0];
        // The author comes with another topic, before or after the view.
        (first["views"] == 1 && !first["username"].is_null()).then_some(trending)
    })
    .await;
    assert_eq!(trending["trending"][0]["promptId"], id);
    assert_eq!(trending["trending"][0]["uniqueViewers"], 1);
    assert_eq!(trending["trending"][0]["username"], "ada");

    // Likes, ratings and comments change the numbers.
    eve.client.post("/api/social/likes", json!({"promptId": id})).await.expect(201);
    eve.client.post("/api/social/ratings", json!({"promptId": id, "rating": 4})).await.expect(201);
    let comment = json!({"promptId": id, "content": "Just what I needed."});
    eve.client.post("/api/social/comments", comment).await.expect(201);
    let social = anyone.get(&format!("/api/social/stats/{id}")).await.expect(200);
    assert_eq!((&social["likesCount"], &social["commentsCount"]), (&json!(1), &json!(1)));
    assert_eq!((&social["ratingsCount"], &social["averageRating"]), (&json!(1), &json!(4.0)));
    let comments = anyone.get(&format!("/api/social/comments/{id}")).await.expect(200);
    assert_eq!(comments["content"][0]["user"]["lastName"], "eve");

    // A test of the prompt completes.
    let test = json!({
        "promptId": id, "modelProvider": "MOCK", "modelName": "mock-slow",
        "variables": {"text": "War and Peace"},
    });
    let test = eve.client.post("/api/tests", test).await.expect(201);
    assert_eq!(test["status"], "PENDING");
    assert_eq!(test["promptVersion"], 2);
    let test_path = format!("/api/tests/{}", test["id"].as_str().unwrap());
    let done = eventually("the test to complete", || async {
        let test = eve.client.get(&test_path).await.expect(200);
        (test["status"] == "COMPLETED").then_some(test)
    })
    .await;
    assert!(done["response"].is_string() && done["tokenCount"].as_i64().unwrap() > 0);
    assert_eq!(done["promptContent"], "Summarise War and Peace in three sentences.");
    ada_client.get(&test_path).await.expect_problem(404, "TEST_NOT_FOUND");

    // Only the author can list it, and it is bought once.
    let offer = json!({"promptId": id, "price": 9.9});
    eve.client.post("/api/marketplace/listings", &offer).await.expect_problem(403, "FORBIDDEN");
    let listing = ada_client.post("/api/marketplace/listings", &offer).await.expect(201);
    let shown = anyone.get("/api/marketplace/listings").await.expect(200);
    assert_eq!(shown["content"][0]["id"], listing["id"]);
    let purchase = json!({
        "listingId": listing["id"], "paymentMethod": "credit_card", "licenseType": "PERSONAL",
    });
    let bought = eve.client.post("/api/marketplace/purchase", &purchase).await;
    assert!(bought.text.contains("\"amount\":9.90"), "exact to the cent: {}", bought.text);
    let bought = bought.expect(201);
    assert_eq!(bought["status"], "COMPLETED");
    let key = bought["license"]["licenseKey"].as_str().unwrap();
    let verified = anyone.get(&format!("/api/marketplace/licenses/verify/{key}")).await.expect(200);
    assert_eq!((&verified["valid"], &verified["promptId"]), (&json!(true), &json!(id)));
    assert_eq!(eve.client.post("/api/marketplace/purchase", &purchase).await.status, 409);
    let revenue = ada_client.get(&format!("/api/marketplace/revenue/{}", ada.id)).await.expect(200);
    assert_eq!((&revenue["totalSales"], &revenue["totalRevenue"]), (&json!(1), &json!(9.9)));

    // Analytics counted all of it.
    let stats: Value = stats_where(&fleet, "two people, one prompt, one view", |stats| {
        stats["newUsersLast24h"] == 2
            && stats["promptsCreatedLast24h"] == 1
            && stats["promptViewsLast24h"] == 1
    })
    .await;
    assert_eq!((&stats["totalUserEvents"], &stats["totalPromptEvents"]), (&json!(2), &json!(2)));
}
