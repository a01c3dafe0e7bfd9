use chrono::NaiveDate;
use sqlx::{PgConnection, PgExecutor, query, query_scalar};

/// Creates a table's partition for a month (its first day, UTC), if it is missing.
pub async fn ensure(
    executor: impl PgExecutor<'_>,
    table: &str,
    month: NaiveDate,
) -> sqlx::Result<()> {
    query!("select ensure_month_partition($1, $2)", table, month).execute(executor).await?;
    Ok(())
}

/// Returns which tables lack the partition of which month, of those that are asked about.
pub async fn missing(
    connection: &mut PgConnection,
    tables: &[&str],
    months: &[NaiveDate],
) -> sqlx::Result<Vec<(String, NaiveDate)>> {
    let rows = query!(
        r#"select parent as "parent!", month as "month!"
           from unnest($1::text[], $2::date[]) as wanted (parent, month)
           where to_regclass(parent || to_char(month, '_YYYY_MM')) is null"#,
        tables as &[&str],
        months,
    )
    .fetch_all(connection)
    .await?;
    Ok(rows.into_iter().map(|row| (row.parent, row.month)).collect())
}

/// Returns the first day of the present month (UTC).
pub async fn this_month(executor: impl PgExecutor<'_>) -> sqlx::Result<NaiveDate> {
    query_scalar!(r#"select date_trunc('month', now() at time zone 'UTC')::date as "month!""#)
        .fetch_one(executor)
        .await
}
