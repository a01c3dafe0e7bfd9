//! The events that prompts cause.

use serde_json::json;
use sqlx::PgPool;
use testkit::{consume, eventually, user};

use crate::support::{create, path, private, reviewer, start, start_with_local_broker};

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_new_prompt_is_announced(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = user("ada");
    let client = fixture.app.anonymous().forwarded_for(&ada);
    let prompt = create(&client, private(reviewer())).await;
    let (key, event) = consume(fixture.broker.address(), "prompt.created", 1).await.remove(0);
    assert_eq!(key, prompt["id"].as_str().unwrap());
    assert_eq!(event["eventType"], "PROMPT_CREATED");
    assert_eq!(event["promptId"], prompt["id"]);
    assert_eq!(event["userId"], ada.id.to_string());
    assert_eq!(event["isPublic"], false);
    assert_eq!(event["category"], "Programming");
    assert_eq!(event["createdAt"], prompt["createdAt"]);
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn a_strangers_view_is_announced_and_counted_and_the_authors_own_is_not(pool: PgPool) {
    let fixture = start(&pool).await;
    let ada = fixture.app.anonymous().forwarded_for(&user("ada"));
    let reader = user("eve");
    let eve = fixture.app.anonymous().forwarded_for(&reader);
    let prompt = create(&ada, reviewer()).await;
    ada.get(&path(&prompt)).await.expect(200);
    eve.get(&path(&prompt)).await.expect(200);
    fixture.app.anonymous().get(&path(&prompt)).await.expect(200);

    let views = consume(fixture.broker.address(), "prompt.viewed", 2).await;
    let viewers: Vec<_> = views.iter().map(|(_, event)| event["userId"].clone()).collect();
    assert_eq!(viewers, [json!(reader.id.to_string()), json!(null)]);
    assert_eq!(views[0].1["eventType"], "PROMPT_VIEWED");
    let stats = format!("/api/social/stats/{}", prompt["id"].as_str().unwrap());
    eventually("two views counted", || async {
        (ada.get(&stats).await.expect(200)["viewsCount"] == 2).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "prompt_service::MIGRATOR")]
async fn with_the_broker_away_nothing_waits_and_nothing_is_lost(pool: PgPool) {
    let (app, broker) = start_with_local_broker(&pool).await;
    let ada = app.anonymous().forwarded_for(&user("ada"));
    broker.down().unwrap();
    let prompt = create(&ada, reviewer()).await;
    app.anonymous().get(&path(&prompt)).await.expect(200);
    broker.up().unwrap();
    consume(broker.address(), "prompt.created", 1).await;
    consume(broker.address(), "prompt.viewed", 1).await;
}
