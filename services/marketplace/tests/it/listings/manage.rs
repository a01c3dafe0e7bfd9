//! `PUT` and `DELETE /api/marketplace/listings/{id}`, pausing and activating.

use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::{Answer, user};

use crate::support::{absent_listing, admin, path_of, start};

const LISTINGS: &str = "/api/marketplace/listings";

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_seller_pauses_activates_and_removes(pool: PgPool) {
    let fixture = start(&pool).await;
    let (ada, eve) = (user("ada"), user("eve"));
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let path = path_of(&listing);
    let client = fixture.client(&ada);

    for _ in 0..2 {
        let paused = client.post(&format!("{path}/pause"), ()).await.expect(200);
        assert_eq!(paused["status"], "PAUSED");
        assert_eq!(paused["isActive"], false);
        assert_eq!(paused["listedAt"], listing["listedAt"]);
    }
    assert_eq!(client.get(&path).await.expect(200)["status"], "PAUSED");
    fixture.client(&admin()).get(&path).await.expect(200);
    fixture.app.anonymous().get(&path).await.expect_problem(404, "LISTING_NOT_FOUND");
    fixture.client(&eve).get(&path).await.expect_problem(404, "LISTING_NOT_FOUND");

    let active = client.post(&format!("{path}/activate"), ()).await.expect(200);
    assert_eq!(active["status"], "ACTIVE");
    assert!(active["listedAt"].as_str() > listing["listedAt"].as_str());
    let again = client.post(&format!("{path}/activate"), ()).await.expect(200);
    assert_eq!(again["listedAt"], active["listedAt"]);
    fixture.app.anonymous().get(&path).await.expect(200);

    for _ in 0..2 {
        client.delete(&path).await.expect(204);
    }
    fixture.app.anonymous().get(&path).await.expect_problem(404, "LISTING_NOT_FOUND");
    assert_eq!(client.get(&path).await.expect(200)["status"], "REMOVED");
    let activate = format!("{path}/activate");
    client.post(&activate, ()).await.expect_problem(409, "LISTING_REMOVED");
    client.put(&path, json!({"price": 2})).await.expect_problem(409, "LISTING_REMOVED");
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn a_change_leaves_what_it_does_not_name_and_null_clears(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 1, "commercialPrice": 10})).await;
    let path = path_of(&listing);
    let client = fixture.client(&ada);

    let changed = client.put(&path, json!({"price": 2.5})).await.expect(200);
    assert_eq!(changed["price"], 2.5);
    for field in ["commercialPrice", "title", "description", "status", "createdAt", "listedAt"] {
        assert_eq!(changed[field], listing[field], "{field}");
    }
    let body = json!({"commercialPrice": null, "description": null, "title": "Other"});
    let changed = client.put(&path, body).await.expect(200);
    assert_eq!(changed["price"], 2.5);
    assert_eq!(changed["commercialPrice"], Value::Null);
    assert_eq!(changed["description"], Value::Null);
    assert_eq!(changed["title"], "Other");
    assert_eq!(fixture.app.anonymous().get(&path).await.expect(200), changed);

    let body = json!({"price": 0, "commercialPrice": 1.001, "title": "   "});
    let problem = client.put(&path, body).await.expect_problem(400, "VALIDATION_FAILED");
    assert_eq!(Answer::bad_fields(&problem), ["commercialPrice", "price", "title"]);
}

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn nobody_else_changes_a_listing(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let listing = fixture.list(&ada, json!({"price": 1})).await;
    let path = path_of(&listing);
    let (pause, activate) = (format!("{path}/pause"), format!("{path}/activate"));

    let anonymous = fixture.app.anonymous();
    let eve = fixture.client(&user("eve"));
    for (client, status, code) in [
        (&anonymous, 401, "AUTHENTICATION_REQUIRED"),
        (&eve, 403, "FORBIDDEN"),
        (&fixture.client(&admin()), 403, "FORBIDDEN"),
    ] {
        client.put(&path, json!({"price": 2})).await.expect_problem(status, code);
        client.delete(&path).await.expect_problem(status, code);
        client.post(&pause, ()).await.expect_problem(status, code);
        client.post(&activate, ()).await.expect_problem(status, code);
    }
    // A stranger does not learn that a paused listing exists.
    fixture.client(&ada).post(&pause, ()).await.expect(200);
    eve.put(&path, json!({"price": 2})).await.expect_problem(404, "LISTING_NOT_FOUND");
    eve.delete(&path).await.expect_problem(404, "LISTING_NOT_FOUND");
    let absent = path_of(&absent_listing());
    eve.delete(&absent).await.expect_problem(404, "LISTING_NOT_FOUND");
    eve.delete(&format!("{LISTINGS}/7")).await.expect_problem(400, "VALIDATION_FAILED");
    let after = fixture.client(&ada).get(&path).await.expect(200);
    assert_eq!(after["price"], 1.0);
    assert_eq!(after["status"], "PAUSED");
}
