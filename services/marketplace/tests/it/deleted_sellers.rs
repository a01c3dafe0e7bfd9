use serde_json::json;
use sqlx::PgPool;
use testkit::user;

use crate::support::start;

#[sqlx::test(migrator = "marketplace_service::MIGRATOR")]
async fn what_a_deleted_account_offered_is_off_sale_without_its_name_and_licences_stay(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let (ada, bob, eve) = (user("ada"), user("bob"), user("eve"));
    let sold = fixture.list(&ada, json!({"price": 3})).await;
    let unsold = fixture.list(&ada, json!({"price": 4})).await;
    let others = fixture.list(&eve, json!({"price": 5})).await;
    let license = fixture.buy(&bob, &sold).await.expect(201)["license"].clone();

    let path = format!("/internal/users/{}", ada.id);
    fixture.app.anonymous().delete(&path).await.expect_problem(404, "ROUTE_NOT_FOUND");
    let service = fixture.app.anonymous().internal();
    for _ in 0..2 {
        assert_eq!(service.delete(&path).await.status, 204);
    }
    let page = fixture.app.anonymous().get("/api/marketplace/listings").await.expect(200);
    assert_eq!(page["totalElements"], 1);
    assert_eq!(page["content"][0]["id"], others["id"]);
    for gone in [&sold, &unsold] {
        let path = format!("/api/marketplace/listings/{}", gone["id"].as_str().unwrap());
        let client = fixture.client(&bob);
        client.get(&path).await.expect_problem(404, "LISTING_NOT_FOUND");
        fixture.buy(&bob, gone).await.expect_problem(404, "LISTING_NOT_FOUND");
    }
    assert_eq!(fixture.count("listings where seller_username = 'ada'").await, 0);
    fixture.wait_for_prompt_sync().await;
    assert_eq!(fixture.count("prompt_steps where about = 'PREMIUM'").await, 3);

    let path = format!("/api/marketplace/licenses/{}", license["id"].as_str().unwrap());
    assert_eq!(fixture.client(&bob).get(&path).await.expect(200)["isActive"], true);
}
