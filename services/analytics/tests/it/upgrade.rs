//! A database from before the rollups by quarter of an hour: what it holds is counted again when the service
//! starts.

use analytics_service::MIGRATOR;
use ids::{EventId, UserId};
use serde_json::Value;
use sqlx::{PgPool, migrate::Migrator, query, types::Uuid};

use crate::support::{Message, admin, created, registered, start, viewed};

/// The last migration of the old form.
const OLD: i64 = 2;

/// Makes a database of the old form.
async fn migrate_to_old_form(pool: &PgPool) {
    let migrations = MIGRATOR.iter().filter(|it| it.version <= OLD).cloned().collect();
    Migrator::with_migrations(migrations).run(pool).await.unwrap();
}

/// Writes an event of a prompt as the service of then did, with its time in hours ago.
async fn insert_event(
    pool: &PgPool,
    (event_id, event_type): (EventId, &str),
    (prompt, user): (Uuid, Option<UserId>),
    hours: i32,
) {
    query(
        "insert into prompt_activity_events (event_id, prompt_id, user_id, event_type, event_time)
         values ($1, $2, $3, $4, now() - make_interval(hours => $5))",
    )
    .bind(event_id.0)
    .bind(prompt)
    .bind(user.map(|user| user.0))
    .bind(event_type)
    .bind(hours)
    .execute(pool)
    .await
    .unwrap();
}

#[sqlx::test(migrations = false)]
async fn a_database_of_the_old_form_is_counted_again_when_the_service_starts(pool: PgPool) {
    migrate_to_old_form(&pool).await;
    let prompt = created("Linux Terminal");
    let (id, reader) = (prompt.prompt_id.0, Some(UserId::new()));
    let repeated = Message::of(viewed(&prompt, None));
    let event: Value = serde_json::from_str(&repeated.payload).unwrap();
    let event_id = EventId(event["eventId"].as_str().unwrap().parse().unwrap());
    insert_event(&pool, (EventId::new(), "CREATED"), (id, Some(prompt.user_id)), 26).await;
    // The key was id and time, so that one event could be there twice.
    insert_event(&pool, (event_id, "VIEWED"), (id, None), 2).await;
    insert_event(&pool, (event_id, "VIEWED"), (id, None), 1).await;
    for hours in [1, 25, 24 * 40, 24 * 400] {
        insert_event(&pool, (EventId::new(), "VIEWED"), (id, reader), hours).await;
    }
    for sql in [
        // Figures that nothing may be taken from.
        "insert into activity_hours values (date_trunc('hour', now()), 'VIEWED', 1000)",
        "insert into prompt_days values (gen_random_uuid(), current_date, 1000, 1000)",
        "insert into user_activity_events (event_id, user_id, event_type, event_time)
         values (gen_random_uuid(), gen_random_uuid(), 'REGISTERED', now() - interval '2 hours')",
        "insert into dead_letters (id, topic, kafka_partition, kafka_offset, payload, reason)
         values (gen_random_uuid(), 'prompt.viewed', 0, 7, 'garbage', 'not JSON')",
    ] {
        query(sql).execute(&pool).await.unwrap();
    }

    MIGRATOR.run(&pool).await.unwrap();
    let fixture = start(&pool).await;
    fixture.prompts.publish(&prompt);
    let stats = fixture.stats_when("totalPromptEvents", 6).await;
    assert_eq!((&stats["totalUserEvents"], &stats["newUsersLast24h"]), (&1.into(), &1.into()));
    assert_eq!(stats["promptViewsLast24h"], 2);
    let client = fixture.app.anonymous();
    let path = format!("/analytics/prompts/{id}");
    let answer = client.get(&path).await.expect(200);
    // Of viewers without an account nothing was kept that tells them apart.
    assert_eq!((&answer["views"], &answer["uniqueViewers"]), (&3.into(), &1.into()));
    let ranking = fixture.trending("days=90").await;
    assert_eq!((ranking.len(), &ranking[0]["title"]), (1, &"Linux Terminal".into()));
    let author = client.forwarded_for(&crate::support::author_of(&prompt));
    let of_author = author.get(&format!("/analytics/users/{}", prompt.user_id)).await.expect(200);
    assert_eq!(of_author["views"], 3);
    let letters = client.forwarded_for(&admin()).get("/analytics/dead-letters").await.expect(200);
    assert_eq!(letters["content"][0]["offset"], 7);

    // What was applied then is known still, under another time too.
    let next = Message { key: repeated.key.clone(), ..Message::of(viewed(&prompt, None)) };
    fixture.deliver(&[repeated, next]).await;
    fixture.stats_when("totalPromptEvents", 7).await;
    fixture.publish([registered()]).await;
    let stats = fixture.stats_when("totalUserEvents", 2).await;
    assert_eq!(stats["totalPromptEvents"], 7);
}
