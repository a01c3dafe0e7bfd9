//! `Idempotency-Key` through the gateway, at every service that creates something.

use serde_json::{Value, json};

use crate::{
    fleet::Fleet,
    people::{prompt, register},
};

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_twice_under_one_key_is_made_once() {
    let fleet = Fleet::start().await;
    let ada = register(&fleet, "ada").await;
    let eve = register(&fleet, "eve").await;
    let twice = async |client: &testkit::Client, path: &str, body: Value| {
        let keyed = client.with_header("idempotency-key", "click-1");
        let first = keyed.post(path, &body).await;
        let second = keyed.post(path, &body).await;
        assert_eq!(second.status, 201, "{path}: {}", second.text);
        assert_eq!(second.text, first.text);
        assert_eq!(second.headers["location"], first.headers["location"]);
        first.expect(201)
    };
    let made = twice(&ada.client, "/prompts", prompt("Summarise anything")).await;
    let id = made["id"].as_str().unwrap();
    twice(&eve.client, &format!("/prompts/{id}/fork"), json!({})).await;
    let comment = json!({"promptId": id, "content": "Just what I needed."});
    twice(&eve.client, "/api/social/comments", comment).await;
    let test = json!({"promptContent": "Hello.", "modelProvider": "MOCK", "modelName": "mock"});
    twice(&eve.client, "/api/tests", test).await;
    let rows = json!({"name": "Cities", "rows": [{"variables": {"city": "Lima"}}]});
    let data = twice(&eve.client, "/api/tests/datasets", rows).await;
    let runs = format!("/api/tests/datasets/{}/runs", data["id"].as_str().unwrap());
    let target = json!([{"modelProvider": "MOCK", "modelName": "mock"}]);
    let run = json!({"promptContent": "Where is {{city}}?", "targets": target});
    twice(&eve.client, &runs, run).await;
    let offer = json!({"promptId": id, "price": 9.9});
    let listing = twice(&ada.client, "/api/marketplace/listings", offer).await;
    let purchase =
        json!({"listingId": listing["id"], "paymentMethod": "WALLET", "expectedAmount": 9.9});
    let bought = twice(&eve.client, "/api/marketplace/purchase", purchase).await;
    assert_eq!((&bought["amount"], &bought["licenseType"]), (&json!(9.9), &json!("PERSONAL")));

    let count = async |client: &testkit::Client, path: &str| {
        client.get(path).await.expect(200)["totalElements"].as_i64().unwrap()
    };
    for (client, path) in [
        (&ada.client, "/prompts/my-prompts".to_owned()),
        (&eve.client, "/prompts/my-prompts".to_owned()),
        (&eve.client, format!("/api/social/comments/{id}")),
        (&eve.client, "/api/tests/datasets".to_owned()),
        (&eve.client, runs.clone()),
        (&eve.client, format!("/api/marketplace/listings?promptId={id}")),
        (&eve.client, format!("/api/marketplace/transactions/buyer/{}", eve.id)),
    ] {
        assert_eq!(count(client, &path).await, 1, "{path}");
    }
    // One test was asked for, and one is a cell of the run.
    assert_eq!(count(&eve.client, &format!("/api/tests/user/{}", eve.id)).await, 2);
}
