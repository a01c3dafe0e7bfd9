//! The event `user.registered`.

use sqlx::PgPool;
use testkit::{consume, eventually};

use crate::support::{ada, register, start, start_with_broker};

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn a_registration_is_announced_and_leaves_the_outbox(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous().with_header("x-request-id", "trace-me");
    let session = register(&client, ada()).await;
    let messages = consume(fixture.broker.address(), "user.registered", 1).await;
    let (key, event) = &messages[0];
    assert_eq!(key, session["user"]["id"].as_str().unwrap());
    assert_eq!(event["eventType"], "USER_REGISTERED");
    assert_eq!(event["schemaVersion"], 1);
    assert_eq!(event["username"], "ada");
    assert_eq!(event["registeredAt"], session["user"]["createdAt"]);

    eventually("an empty outbox", || async {
        let left: i64 =
            sqlx::query_scalar("select count(*) from outbox").fetch_one(&pool).await.unwrap();
        (left == 0).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "user_service::MIGRATOR")]
async fn registrations_while_the_broker_is_away_are_announced_once_it_is_back(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    fixture.broker.down().unwrap();
    for i in 0..3 {
        let body = serde_json::json!({
            "username": format!("user{i}"), "email": format!("u{i}@example.com"), "password": "correct horse",
        });
        register(&client, body).await;
    }
    // The process that took the registrations is gone before the broker is back.
    fixture.app.stop().await;
    fixture.broker.up().unwrap();
    let _restarted = start_with_broker(&pool, &fixture.broker, &[]).await;
    let messages = consume(fixture.broker.address(), "user.registered", 3).await;
    let mut names: Vec<_> =
        messages.iter().map(|(_, event)| event["username"].as_str().unwrap()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names, ["user0", "user1", "user2"]);
}
