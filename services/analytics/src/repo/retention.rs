//! The one row of `retention`, and the locks that order its readers and writers.

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

/// Returns the time before which events are passed over.
pub async fn floor(connection: &mut PgConnection, days: i32) -> sqlx::Result<Option<Timestamp>> {
    // Dates before the year 1 have no form in a `Timestamp`, -infinity least of all.
    query_scalar!(
        r#"select greatest(nullif(floor, '-infinity'), now() - make_interval(days => $1)) as "floor"
           from retention"#,
        days,
    )
    .fetch_optional(connection)
    .await
    .map(Option::flatten)
}

/// Locks merging until the transaction ends; returns false while another instance has it locked.
pub async fn try_lock_merge(connection: &mut PgConnection) -> sqlx::Result<bool> {
    query_scalar!(r#"select pg_try_advisory_xact_lock(hashtext('merge_deltas')) as "locked!""#)
        .fetch_one(connection)
        .await
}
