use service_kit::Next;
use sqlx::PgPool;

use crate::repo::search_changes;

/// The hours for which changes are kept. An index that is further behind is built from all prompts, which
/// takes a minute or two.
const KEPT_HOURS: i32 = 24;

/// Changes deleted in one transaction.
const BATCH: i64 = 20_000;

/// Deletes old changes from the log. One instance at a time does so.
pub async fn trim_search_changes(pool: PgPool) -> sqlx::Result<Next> {
    let deleted = search_changes::trim(&pool, KEPT_HOURS, BATCH).await?;
    Ok(Next::at_once_if(deleted >= BATCH))
}
