use sqlx::{PgExecutor, query};

/// Makes sure that a table of events has a partition for the month that lies `months_ahead` after
/// the present one (UTC).
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
