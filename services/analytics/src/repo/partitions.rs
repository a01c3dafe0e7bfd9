use sqlx::{PgExecutor, query};

/// Creates the partition of a table of events for the month that lies `months_ahead` after the present
/// one (UTC), if it is missing.
pub async fn ensure(
    executor: impl PgExecutor<'_>,
    table: &str,
    months_ahead: i32,
) -> sqlx::Result<()> {
    query!(
        "select ensure_month_partition(
             $1,
             (date_trunc('month', now() at time zone 'UTC') + make_interval(months => $2))::date
         )",
        table,
        months_ahead,
    )
    .execute(executor)
    .await?;
    Ok(())
}
