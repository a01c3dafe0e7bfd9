use ids::{EventId, PromptId, UserId};
use sqlx::{PgConnection, query_scalar};
use timestamp::Timestamp;

use crate::domain::{PromptActivity, UserActivity};

/// Inserts registrations; returns those that were not there before.
pub async fn insert_users(
    connection: &mut PgConnection,
    activities: &[&UserActivity],
) -> sqlx::Result<Vec<EventId>> {
    let event_ids: Vec<EventId> = activities.iter().map(|a| a.event_id).collect();
    let user_ids: Vec<UserId> = activities.iter().map(|a| a.user_id).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time).collect();
    query_scalar!(
        "insert into user_activity_events (event_id, user_id, event_type, event_time)
         select event_id, user_id, 'REGISTERED', event_time
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as e (event_id, user_id, event_time)
         order by event_id
         on conflict do nothing
         returning event_id",
        &event_ids as &[EventId],
        &user_ids as &[UserId],
        &times as &[Timestamp],
    )
    .fetch_all(connection)
    .await
}

/// Inserts creations and views; returns those that were not there before.
pub async fn insert_prompts(
    connection: &mut PgConnection,
    activities: &[&PromptActivity],
) -> sqlx::Result<Vec<EventId>> {
    let event_ids: Vec<EventId> = activities.iter().map(|a| a.event_id).collect();
    let prompt_ids: Vec<PromptId> = activities.iter().map(|a| a.prompt_id).collect();
    let user_ids: Vec<Option<UserId>> = activities.iter().map(|a| a.user_id).collect();
    let types: Vec<&str> = activities.iter().map(|a| a.event_type()).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time).collect();
    query_scalar!(
        "insert into prompt_activity_events (event_id, prompt_id, user_id, event_type, event_time)
         select event_id, prompt_id, user_id, event_type, event_time
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
              as e (event_id, prompt_id, user_id, event_type, event_time)
         order by event_id
         on conflict do nothing
         returning event_id",
        &event_ids as &[EventId],
        &prompt_ids as &[PromptId],
        &user_ids as &[Option<UserId>],
        &types as &[&str],
        &times as &[Timestamp],
    )
    .fetch_all(connection)
    .await
}
