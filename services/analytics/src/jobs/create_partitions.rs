use chrono::Months;
use sqlx::PgPool;

use crate::repo::partitions;

/// The tables that are partitioned by month.
const TABLES: [&str; 3] = ["user_activity_events", "prompt_activity_events", "event_ids"];

/// The number of months after the present one that have a partition.
const MONTHS_AHEAD: u32 = 2;

/// Creates partitions before their month comes, so that no batch has to.
pub async fn create_partitions(pool: PgPool) -> sqlx::Result<()> {
    let this_month = partitions::this_month(&pool).await?;
    // The farthest first: a month whose rows must move out of the default partition may fail, and
    // then must not keep the next ones from being there in time.
    for months_ahead in (0..=MONTHS_AHEAD).rev() {
        for table in TABLES {
            let month = this_month.checked_add_months(Months::new(months_ahead));
            partitions::ensure(&pool, table, month.unwrap_or(this_month)).await?;
        }
    }
    Ok(())
}
