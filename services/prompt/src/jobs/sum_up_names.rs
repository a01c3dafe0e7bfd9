use service_kit::Next;
use sqlx::PgPool;

use crate::repo::tags_and_categories;

/// Changes summed up in one transaction. A bulk load leaves millions.
const BATCH: i64 = 20_000;

/// Sums up changed counts of tags, categories and words. One instance at a time does so.
pub async fn sum_up_names(pool: PgPool) -> sqlx::Result<Next> {
    let summed_up = tags_and_categories::sum_up_changes(&pool, BATCH).await?;
    Ok(Next::at_once_if(summed_up >= Some(BATCH)))
}
