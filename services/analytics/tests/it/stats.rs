//! `/analytics/stats`: totals and rolling windows.

use std::time::Duration;

use events::PromptCreated;
use ids::UserId;
use serde_json::json;
use sqlx::PgPool;

use crate::support::{Message, created, days_ago, registered, registered_ago, start, viewed};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(60 * 60);

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_platform_where_nothing_happened_yet_has_zeros(pool: PgPool) {
    let fixture = start(&pool).await;
    let mut stats = fixture.app.anonymous().get("/analytics/stats").await.expect(200);
    assert!(stats["updatedAt"].take().is_string());
    assert_eq!(
        stats,
        json!({
            "totalUserEvents": 0, "totalPromptEvents": 0,
            "newUsersLast24h": 0, "promptsCreatedLast24h": 0, "promptViewsLast24h": 0,
            "newUsersLast7d": 0, "promptsCreatedLast7d": 0, "promptViewsLast7d": 0,
            "updatedAt": null,
        })
    );
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn events_of_every_kind_are_counted(pool: PgPool) {
    let fixture = start(&pool).await;
    let before = fixture.app.anonymous().get("/analytics/stats").await.expect(200);
    let prompts: Vec<PromptCreated> = (0..2).map(|i| created(&format!("Prompt {i}"))).collect();
    fixture.publish((0..3).map(|_| registered())).await;
    fixture.publish(prompts.clone()).await;
    fixture.publish((0..4).map(|_| viewed(&prompts[0], Some(UserId::new())))).await;
    fixture.stats_when("totalUserEvents", 3).await;
    let stats = fixture.stats_when("totalPromptEvents", 6).await;
    assert!(stats["updatedAt"].as_str() > before["updatedAt"].as_str());
    testkit::redactions().bind(|| insta::assert_json_snapshot!("stats", stats));
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn windows_roll_to_the_minute(pool: PgPool) {
    let fixture = start(&pool).await;
    let ages = [
        Duration::ZERO,
        90 * MINUTE,
        24 * HOUR - 2 * MINUTE,
        // Out of the day, and in the hour that its beginning cuts.
        24 * HOUR + 2 * MINUTE,
        3 * 24 * HOUR,
        7 * 24 * HOUR - 2 * MINUTE,
        7 * 24 * HOUR + 2 * MINUTE,
        390 * 24 * HOUR,
    ];
    fixture.publish(ages.map(registered_ago)).await;
    let stats = fixture.stats_when("totalUserEvents", 8).await;
    assert_eq!(stats["newUsersLast24h"], 3);
    assert_eq!(stats["newUsersLast7d"], 6);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn what_is_dated_ahead_counts_when_its_time_has_come(pool: PgPool) {
    let fixture = start(&pool).await;
    let [mut early, mut bogus] = [registered(), registered()];
    early.registered_at.0 += 2 * HOUR;
    bogus.registered_at.0 += 48 * HOUR;
    // One key, so that the last shows when those before it are done with.
    let messages = [early, bogus, registered()].map(Message::of);
    let key = messages[0].key.clone();
    fixture.deliver(&messages.map(|message| Message { key: key.clone(), ..message })).await;
    let stats = fixture.stats_when("totalUserEvents", 1).await;
    assert_eq!(stats["newUsersLast24h"], 1);
    sqlx::query("update activity_deltas set visible_at = now() where visible_at > now()")
        .execute(&pool)
        .await
        .unwrap();
    fixture.stats_when("totalUserEvents", 2).await;
    testkit::eventually("the bogus one among the dead letters", || async {
        let reasons: Vec<String> =
            sqlx::query_scalar("select reason from dead_letters").fetch_all(&pool).await.unwrap();
        (reasons.len() == 1 && reasons[0].contains("ahead")).then_some(())
    })
    .await;
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn old_views_count_as_views_of_their_own_time(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    fixture.publish([2, 20].map(|days| days_ago(days, viewed(&prompt, None)))).await;
    let stats = fixture.stats_when("totalPromptEvents", 2).await;
    assert_eq!(stats["promptViewsLast24h"], 0);
    assert_eq!(stats["promptViewsLast7d"], 1);
}
