use sqlx::PgPool;

use crate::repo::partitions;

/// The tables of events, which are partitioned by month.
const TABLES: [&str; 2] = ["user_activity_events", "prompt_activity_events"];

/// The number of months after the present one that have a partition.
const MONTHS_AHEAD: i32 = 2;

/// Creates partitions before their month comes. Until they are there, events wait in the default
/// partition, from which they move.
pub async fn create_partitions(pool: PgPool) -> sqlx::Result<()> {
    // The farthest first: a month whose rows must move out of the default partition may fail, and
    // then must not keep the next ones from being there in time.
    for months_ahead in (0..=MONTHS_AHEAD).rev() {
        for table in TABLES {
            partitions::ensure(&pool, table, months_ahead).await?;
        }
    }
    Ok(())
}
