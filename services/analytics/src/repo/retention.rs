//! The one row of `retention`, the months that it lets go, and the locks that order its readers and
//! writers.

use chrono::NaiveDate;
use sqlx::{PgConnection, query, query_scalar};
use timestamp::Timestamp;

/// Waits until no rebuild is under way and no month is being dropped, and keeps both away until the
/// transaction ends.
pub async fn lock_shared(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock_shared(hashtext('ingest'))").execute(connection).await?;
    Ok(())
}

/// Waits until no batch is being applied, and keeps all away until the transaction ends.
pub async fn lock_exclusive(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtext('ingest'))").execute(connection).await?;
    Ok(())
}

/// Locks merging until the transaction ends; returns false while another instance has it locked.
pub async fn try_lock_merge(connection: &mut PgConnection) -> sqlx::Result<bool> {
    query_scalar!(r#"select pg_try_advisory_xact_lock(hashtext('merge_deltas')) as "locked!""#)
        .fetch_one(connection)
        .await
}

/// Waits until no instance merges, and keeps all from it until the transaction ends.
pub async fn lock_merge(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("select pg_advisory_xact_lock(hashtext('merge_deltas'))").execute(connection).await?;
    Ok(())
}

/// Lets a transaction take as long as it needs.
pub async fn lift_time_limits(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("set local statement_timeout = 0").execute(&mut *connection).await?;
    query!("set local idle_in_transaction_session_timeout = 0").execute(connection).await?;
    Ok(())
}

/// Returns the time before which events are passed over.
pub async fn floor(connection: &mut PgConnection, days: i32) -> sqlx::Result<Option<Timestamp>> {
    // -infinity has no form in a `Timestamp`.
    query_scalar!(
        r#"select greatest(nullif(floor, '-infinity'), now() - make_interval(days => $1))
           from retention"#,
        days,
    )
    .fetch_optional(connection)
    .await
    .map(Option::flatten)
}

/// Returns the first day (UTC) whose raw events were not dropped; `None` when none were.
pub async fn first_day(connection: &mut PgConnection) -> sqlx::Result<Option<NaiveDate>> {
    query_scalar!("select (nullif(floor, '-infinity') at time zone 'UTC')::date from retention")
        .fetch_optional(connection)
        .await
        .map(Option::flatten)
}

/// Raises the floor to the beginning of the month that lies `days` back; returns false when it is there.
pub async fn raise_floor(connection: &mut PgConnection, days: i32) -> sqlx::Result<bool> {
    let raised = query!(
        "update retention set floor = date_trunc('month', now() - make_interval(days => $1), 'UTC')
         where floor < date_trunc('month', now() - make_interval(days => $1), 'UTC')",
        days,
    )
    .execute(connection)
    .await?;
    Ok(raised.rows_affected() > 0)
}

/// Drops the months before the floor; returns the number of partitions dropped.
pub async fn drop_months(connection: &mut PgConnection) -> sqlx::Result<i32> {
    query_scalar!(r#"select drop_months_before(floor) as "dropped!" from retention"#)
        .fetch_one(connection)
        .await
}

/// Tells whether the rollups have to be rebuilt.
pub async fn is_rebuild_needed(connection: &mut PgConnection) -> sqlx::Result<bool> {
    query_scalar!("select rebuild_needed from retention").fetch_one(connection).await
}

/// Notes that the rollups are rebuilt.
pub async fn set_rebuilt(connection: &mut PgConnection) -> sqlx::Result<()> {
    query!("update retention set rebuild_needed = false").execute(connection).await?;
    Ok(())
}
