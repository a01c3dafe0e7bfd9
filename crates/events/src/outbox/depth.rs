use sqlx::PgPool;

/// The most rows that are counted: an outbox with more is in trouble, whatever their number.
const COUNTED: i64 = 100_000;

/// Sets the gauges `outbox_depth` (events, counted up to 100,000) and `outbox_oldest_age_seconds`. Each
/// instance does, so that they are right while no relay works.
pub(crate) async fn measure(pool: PgPool) -> Result<(), sqlx::Error> {
    let (depth, age): (i64, f64) = sqlx::query_as(
        "select (select count(*) from (select from outbox limit $1) as counted),
                coalesce((select extract(epoch from clock_timestamp() - created_at)
                          from outbox order by id limit 1), 0)::float8",
    )
    .bind(COUNTED)
    .fetch_one(&pool)
    .await?;
    #[expect(clippy::cast_precision_loss, reason = "100,000 at most")]
    metrics::gauge!("outbox_depth").set(depth as f64);
    metrics::gauge!("outbox_oldest_age_seconds").set(age.max(0.0));
    Ok(())
}
