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

#[cfg(test)]
mod tests {
    use sqlx::{query, query_scalar};

    use super::*;

    async fn note(pool: &PgPool, age: &str) {
        query(
            "insert into prompt_changes (prompt_id, noted_at)
             values (gen_random_uuid(), now() - $1::interval)",
        )
        .bind(age)
        .execute(pool)
        .await
        .unwrap();
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn old_changes_go_and_who_has_not_read_them_is_told(pool: PgPool) {
        let snapshot = async || search_changes::read_changes(&pool, None).await.unwrap().snapshot;
        let since = async |snapshot: &str| {
            let changes = search_changes::read_changes(&pool, Some(snapshot)).await.unwrap();
            (changes.is_whole, changes.prompts.len())
        };
        let before = snapshot().await;
        note(&pool, "25 hours").await;
        let between = snapshot().await;
        note(&pool, "23 hours").await;
        assert_eq!(since(&before).await, (true, 2));
        assert_eq!(trim_search_changes(pool.clone()).await.unwrap(), Next::AfterPeriod);
        assert_eq!(since(&before).await, (false, 1));
        assert_eq!(since(&between).await, (true, 1));
        let now = snapshot().await;
        assert_eq!(since(&now).await, (true, 0));
        let left: i64 =
            query_scalar("select count(*) from prompt_changes").fetch_one(&pool).await.unwrap();
        assert_eq!(left, 1);
    }
}
