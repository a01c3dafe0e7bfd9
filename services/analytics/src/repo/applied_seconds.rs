use sqlx::{PgConnection, PgExecutor, query};
use timestamp::Timestamp;

/// The rate at which events were applied lately.
pub struct AppliedRate {
    pub events_per_second: f64,
    /// When events were applied last, within the last ten minutes.
    pub last_at: Option<Timestamp>,
}

/// Adds events to the present second. The last statement of a transaction: others wait for the row.
pub async fn add(connection: &mut PgConnection, events: i64) -> sqlx::Result<()> {
    query!(
        "insert into applied_seconds as known (second, events)
         values (date_trunc('second', clock_timestamp()), $1)
         on conflict (second) do update set events = known.events + excluded.events",
        events,
    )
    .execute(connection)
    .await?;
    Ok(())
}

/// Returns the mean rate over the last full seconds.
pub async fn rate(executor: impl PgExecutor<'_>, seconds: i32) -> sqlx::Result<AppliedRate> {
    let row = query!(
        r#"select coalesce(sum(events) filter (
                      where second >= date_trunc('second', now()) - make_interval(secs => $1)
                        and second < date_trunc('second', now())), 0)::float8 as "events!",
                  max(second) as "last_at: Timestamp"
           from applied_seconds"#,
        f64::from(seconds),
    )
    .fetch_one(executor)
    .await?;
    Ok(AppliedRate {
        events_per_second: row.events / f64::from(seconds.max(1)),
        last_at: row.last_at,
    })
}

/// Deletes the seconds that no rate needs any more.
pub async fn delete_old(executor: impl PgExecutor<'_>) -> sqlx::Result<()> {
    query!("delete from applied_seconds where second < now() - interval '10 minutes'")
        .execute(executor)
        .await?;
    Ok(())
}
