//! Each event counts once, in the month where it belongs.

use std::time::Duration;

use ids::{EventId, UserId};
use sqlx::PgPool;
use testkit::eventually;

use crate::support::{
    Message, created, registered, registered_ago, start, start_with, stats_when, viewed,
};

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn an_event_delivered_twice_counts_once(pool: PgPool) {
    let fixture = start(&pool).await;
    let (user, prompt) = (registered(), created("Linux Terminal"));
    let once = [
        Message::of(user.clone()),
        Message::of(prompt.clone()),
        Message::of(viewed(&prompt, Some(UserId::new()))),
        Message::of(viewed(&prompt, None)),
    ];
    // Twice in one batch, or nearly so, and once more when the first are long applied.
    fixture.deliver(&[once.clone(), once.clone()].concat()).await;
    fixture.stats_when("totalUserEvents", 1).await;
    fixture.stats_when("totalPromptEvents", 3).await;
    fixture.deliver(&once).await;
    // Other events, behind the repeated ones in each partition, show when those are done with.
    fixture.publish([user]).await;
    fixture.publish([viewed(&prompt, None)]).await;
    let stats = fixture.stats_when("totalUserEvents", 2).await;
    assert_eq!(stats["newUsersLast24h"], 2);
    let stats = fixture.stats_when("totalPromptEvents", 4).await;
    assert_eq!(stats["promptsCreatedLast24h"], 1);
    assert_eq!(stats["promptViewsLast24h"], 3);
    fixture.prompts.publish(&prompt);
    let trending = fixture.trending("").await;
    assert_eq!(trending[0]["views"], 3);
    assert_eq!(trending[0]["uniqueViewers"], 1);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn instances_that_come_and_go_apply_each_event_once_between_them(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompts: Vec<_> = (0..20).map(|i| created(&format!("Prompt {i}"))).collect();
    let wave = || async {
        fixture.publish((0..100).map(|_| registered())).await;
        let viewer = UserId::new();
        fixture.publish((0..200).map(|i| viewed(&prompts[i % 20], Some(viewer)))).await;
    };
    wave().await;
    let second = start_with(&pool, &fixture.broker, &fixture.prompts).await;
    wave().await;
    fixture.stats_when("totalUserEvents", 200).await;
    wave().await;
    let client = second.anonymous();
    // The first leaves in the middle of the work, the second takes over.
    wave().await;
    fixture.app.stop().await;
    stats_when(&client, "totalUserEvents", 400).await;
    let stats = stats_when(&client, "totalPromptEvents", 800).await;
    assert_eq!(stats["promptViewsLast24h"], 800);

    eventually("all views to be merged", || async {
        let (days, viewers): (Option<i64>, Option<i64>) =
            sqlx::query_as("select sum(views)::bigint, sum(viewers)::bigint from prompt_days")
                .fetch_one(&pool)
                .await
                .unwrap();
        (days == Some(800)).then(|| assert_eq!(viewers, Some(80)))
    })
    .await;
}

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn partition_of(pool: &PgPool, event_id: EventId) -> Option<String> {
    sqlx::query_scalar(
        "select tableoid::regclass::text from user_activity_events where event_id = $1",
    )
    .bind(event_id.0)
    .fetch_optional(pool)
    .await
    .unwrap()
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn partitions_are_made_ahead_and_take_what_the_default_one_held(pool: PgPool) {
    let early = EventId::new();
    sqlx::query("insert into user_activity_events values ($1, $1, 'REGISTERED', now())")
        .bind(early.0)
        .execute(&pool)
        .await
        .unwrap();
    let fallback = "user_activity_events_default";
    assert_eq!(partition_of(&pool, early).await.as_deref(), Some(fallback));

    // Two at once, as when a fleet starts.
    let fixture = start(&pool).await;
    let _second = start_with(&pool, &fixture.broker, &fixture.prompts).await;
    let wanted: Vec<String> = sqlx::query_scalar(
        "select parent || to_char(now() at time zone 'UTC' + make_interval(months => ahead), '_YYYY_MM')
         from unnest(array['event_ids', 'prompt_activity_events', 'user_activity_events']) as parent,
              generate_series(0, 2) as ahead
         order by parent, ahead",
    )
    .fetch_all(&pool)
    .await
    .unwrap();
    eventually("partitions for this month and the next two", || async {
        let there: Vec<String> = sqlx::query_scalar(
            "select inhrelid::regclass::text from pg_inherits
             join pg_class on pg_class.oid = inhrelid
             where relkind = 'r' and relname not like '%default' order by 1",
        )
        .fetch_all(&pool)
        .await
        .unwrap();
        (there == wanted).then_some(())
    })
    .await;
    assert_eq!(partition_of(&pool, early).await.as_ref(), Some(&wanted[6]));

    // An event of a month without a partition makes one.
    let new = Message::of(registered());
    let late = Message::of(registered_ago(200 * DAY));
    fixture.deliver(&[new.clone(), late.clone()]).await;
    fixture.stats_when("totalUserEvents", 2).await;
    let id = |message: &Message| -> EventId {
        let event: serde_json::Value = serde_json::from_str(&message.payload).unwrap();
        event["eventId"].as_str().unwrap().parse().unwrap()
    };
    assert_eq!(partition_of(&pool, id(&new)).await.as_ref(), Some(&wanted[6]));
    let of_its_month: String = sqlx::query_scalar(
        "select 'user_activity_events' || to_char(now() at time zone 'UTC' - interval '200 days',
                                                 '_YYYY_MM')",
    )
    .fetch_one(&pool)
    .await
    .unwrap();
    assert_eq!(partition_of(&pool, id(&late)).await, Some(of_its_month));
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn an_event_older_than_what_is_kept_is_passed_over(pool: PgPool) {
    let fixture = start(&pool).await;
    let kept = [399 * DAY, Duration::ZERO].map(registered_ago);
    let too_old = [401 * DAY, 10 * 365 * DAY].map(registered_ago);
    fixture.publish(too_old.into_iter().chain(kept)).await;
    let stats = fixture.stats_when("totalUserEvents", 2).await;
    assert_eq!(stats["newUsersLast24h"], 1);
    eventually("two to be counted as expired", || async {
        let metrics = fixture.app.anonymous().get("/metrics").await.text;
        let expired = metrics.lines().find(|line| line.contains("result=\"expired\""))?.to_owned();
        (!expired.ends_with(" 0")).then_some(())
    })
    .await;
    let ids: i64 =
        sqlx::query_scalar("select count(*) from event_ids").fetch_one(&pool).await.unwrap();
    assert_eq!(ids, 2);
}
