use ids::{EventId, PromptId, UserId};
use sqlx::{PgConnection, query};
use timestamp::Timestamp;

use crate::domain::{AnonymousViewer, PromptActivity, UserActivity};

/// Inserts registrations, which the ledger says are new.
pub async fn insert_users(
    connection: &mut PgConnection,
    activities: &[&UserActivity],
) -> sqlx::Result<()> {
    let event_ids: Vec<EventId> = activities.iter().map(|a| a.event_id).collect();
    let user_ids: Vec<UserId> = activities.iter().map(|a| a.user_id).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time).collect();
    query!(
        "insert into user_activity_events (event_id, user_id, event_type, event_time)
         select event_id, user_id, 'REGISTERED', event_time
         from unnest($1::uuid[], $2::uuid[], $3::timestamptz[]) as e (event_id, user_id, event_time)",
        &event_ids as &[EventId],
        &user_ids as &[UserId],
        &times as &[Timestamp],
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Inserts creations and views, which the ledger says are new.
pub async fn insert_prompts(
    connection: &mut PgConnection,
    activities: &[&PromptActivity],
) -> sqlx::Result<()> {
    let event_ids: Vec<EventId> = activities.iter().map(|a| a.event_id).collect();
    let prompt_ids: Vec<PromptId> = activities.iter().map(|a| a.prompt_id).collect();
    let user_ids: Vec<Option<UserId>> = activities.iter().map(|a| a.user_id).collect();
    let viewers: Vec<Option<AnonymousViewer>> = activities.iter().map(|a| a.anonymous()).collect();
    let views: Vec<bool> = activities.iter().map(|a| a.is_view()).collect();
    let times: Vec<Timestamp> = activities.iter().map(|a| a.event_time).collect();
    query!(
        "insert into prompt_activity_events
             (event_id, prompt_id, user_id, viewer, event_type, event_time)
         select event_id, prompt_id, user_id, viewer,
                case when is_view then 'VIEWED' else 'CREATED' end, event_time
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::boolean[], $6::timestamptz[])
              as e (event_id, prompt_id, user_id, viewer, is_view, event_time)",
        &event_ids as &[EventId],
        &prompt_ids as &[PromptId],
        &user_ids as &[Option<UserId>],
        &viewers as &[Option<AnonymousViewer>],
        &views,
        &times as &[Timestamp],
    )
    .execute(connection)
    .await?;
    Ok(())
}
