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
    use testkit::eventually;

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

    async fn count(pool: &PgPool) -> i64 {
        query_scalar("select count(*) from prompt_changes").fetch_one(pool).await.unwrap()
    }

    /// Trims until there are so many changes left: they stay until transactions that began before them, of
    /// other tests too, have ended.
    async fn trim_to(pool: &PgPool, left: i64) {
        eventually("old changes to go", async || {
            trim_search_changes(pool.clone()).await.unwrap();
            (count(pool).await == left).then_some(())
        })
        .await;
    }

    async fn is_whole_since(pool: &PgPool, snapshot: &str) -> bool {
        search_changes::read_changes(pool, Some(snapshot)).await.unwrap().is_whole
    }

    async fn take_snapshot(pool: &PgPool) -> String {
        search_changes::read_changes(pool, None).await.unwrap().snapshot
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn old_changes_go_and_who_has_not_read_them_is_told(pool: PgPool) {
        let before = take_snapshot(&pool).await;
        note(&pool, "25 hours").await;
        note(&pool, "23 hours").await;
        assert!(is_whole_since(&pool, &before).await);
        trim_to(&pool, 1).await;
        assert!(!is_whole_since(&pool, &before).await);
        let after = take_snapshot(&pool).await;
        assert!(is_whole_since(&pool, &after).await);
        assert_eq!(trim_search_changes(pool.clone()).await.unwrap(), Next::AfterPeriod);
        assert_eq!(count(&pool).await, 1);
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn a_position_taken_after_a_trim_is_not_too_old_while_a_transaction_stays_open(
        pool: PgPool,
    ) {
        let mut open = pool.begin().await.unwrap();
        query("select pg_current_xact_id()").execute(&mut *open).await.unwrap();
        note(&pool, "25 hours").await;
        for _ in 0..3 {
            trim_search_changes(pool.clone()).await.unwrap();
            let position = take_snapshot(&pool).await;
            assert!(is_whole_since(&pool, &position).await);
        }
        assert_eq!(count(&pool).await, 1, "it stays while the transaction is open");
        open.rollback().await.unwrap();
        trim_to(&pool, 0).await;
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn numbers_of_the_server_before_a_restore_count_no_more(pool: PgPool) {
        let restored = "with log as (
                update prompt_change_log
                set source = 'the server before', trimmed_before = '900000000000',
                    ended_before = '900000000000')
            insert into prompt_changes (prompt_id, xid) values (gen_random_uuid(), '900000000001')";
        query(restored).execute(&pool).await.unwrap();
        let position = take_snapshot(&pool).await;
        assert!(is_whole_since(&pool, &position).await);
        trim_search_changes(pool.clone()).await.unwrap();
        assert_eq!(count(&pool).await, 0);
        assert!(is_whole_since(&pool, &position).await);
        note(&pool, "25 hours").await;
        trim_to(&pool, 0).await;
        assert!(!is_whole_since(&pool, &position).await);
    }
}
