//! Health, metrics, and outages of the stores.

use sqlx::PgPool;
use testkit::{DatabaseSwitch, eventually, health};

use crate::support::{Message, created, registered, start, start_with_local_broker, viewed};

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn health_ready_metrics_and_the_description_answer(pool: PgPool) {
    let fixture = start(&pool).await;
    health::check(&fixture.app, "analytics", &["/analytics/health"]).await;
    let client = fixture.app.anonymous();
    fixture.publish([registered()]).await;
    fixture.stats_when("totalUserEvents", 1).await;
    let metrics = client.get("/metrics").await;
    assert!(metrics.text.contains("events_consumed_total"), "{}", metrics.text);
    let api = client.get("/api-docs/openapi.json").await.expect(200);
    let parameters = api["paths"]["/analytics/trending"]["get"]["parameters"].as_array().unwrap();
    let names: Vec<_> = parameters.iter().map(|p| p["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["days", "limit", "category", "If-None-Match"]);
    assert!(api["paths"]["/analytics/stats"]["get"].is_object());
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_framework_s_own_refusals_are_problems_too(pool: PgPool) {
    let fixture = start(&pool).await;
    // Nothing here takes a body.
    health::refuses_unknown(&fixture.app.anonymous(), "/analytics/stats").await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn events_that_come_while_the_database_is_away_are_all_counted_once_it_is_back(pool: PgPool) {
    let database = DatabaseSwitch::of(&pool).await;
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    fixture.publish([registered()]).await;
    fixture.stats_when("totalUserEvents", 1).await;

    database.off().await;

    let prompt = created("Linux Terminal");
    fixture.publish((0..100).map(|_| registered())).await;
    fixture.publish([prompt.clone()]).await;
    fixture.publish((0..100).map(|_| viewed(&prompt, None))).await;
    // Fit for the dead letters, but not now.
    fixture.deliver(&[Message::of(registered()).saying("poison")]).await;
    for path in ["/analytics/stats", "/analytics/trending", "/analytics/timeseries"] {
        health::is_away(&client, path).await;
    }

    database.on().await;
    // And once more, in the middle of catching up.
    health::is_back(&client, "/analytics/stats").await;
    database.disconnect().await;
    fixture.stats_when("totalUserEvents", 101).await;
    fixture.stats_when("totalPromptEvents", 101).await;
    health::is_back(&client, "/analytics/stats").await;
    eventually("only the poison among the dead letters", || async {
        let payloads: Vec<Vec<u8>> =
            sqlx::query_scalar("select payload from dead_letters").fetch_all(&pool).await.unwrap();
        (payloads == [b"poison"]).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn an_outage_of_the_broker_is_ridden_out(pool: PgPool) {
    let fixture = start_with_local_broker(&pool).await;
    let client = fixture.app.anonymous();
    fixture.publish([registered()]).await;
    fixture.stats_when("totalUserEvents", 1).await;
    fixture.broker.down().unwrap();
    client.get("/analytics/stats").await.expect(200);
    client.get("/health/ready").await.expect(200);
    fixture.broker.up().unwrap();
    fixture.publish((0..10).map(|_| registered())).await;
    fixture.stats_when("totalUserEvents", 11).await;
}
