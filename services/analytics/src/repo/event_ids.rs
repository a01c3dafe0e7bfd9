use ids::EventId;
use sqlx::{PgConnection, query_scalar};
use timestamp::Timestamp;

/// Enters events into the ledger; returns those that were not in it before.
pub async fn insert(
    connection: &mut PgConnection,
    ids: &[EventId],
    times: &[Timestamp],
) -> sqlx::Result<Vec<EventId>> {
    query_scalar!(
        "insert into event_ids (event_id, event_time)
         select * from unnest($1::uuid[], $2::timestamptz[])
         on conflict do nothing
         returning event_id",
        ids as &[EventId],
        times as &[Timestamp],
    )
    .fetch_all(connection)
    .await
}
