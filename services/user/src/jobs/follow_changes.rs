use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::service::answer_cache::AnswerCache;

const CHANNEL: &str = "accounts_changed";

/// Drops from the cache what any instance has changed, until the process stops or the connection is lost.
pub async fn follow_changes(
    (pool, cache): (PgPool, AnswerCache),
    stop: CancellationToken,
) -> anyhow::Result<()> {
    read_cache::follow_changes(&pool, CHANNEL, &cache, stop).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use ids::UserId;
    use read_cache::JsonAnswer;
    use sqlx::{AssertSqlSafe, query};
    use testkit::eventually;

    use super::*;
    use crate::{domain::FollowList, repo::users::profiles};

    async fn insert(pool: &PgPool) -> UserId {
        let id = UserId::new();
        query("insert into users (id, username, email, password_hash) values ($1, 'ada', 'a@b.c', '')")
            .bind(id)
            .execute(pool)
            .await
            .unwrap();
        id
    }

    /// Returns whether the cache has an answer to each question about an account.
    async fn has(cache: &AnswerCache, id: UserId) -> [bool; 4] {
        let nothing = || async { Ok(None) };
        [
            cache.profiles.get(id, nothing).await.unwrap().is_some(),
            cache.stats.get(id, nothing).await.unwrap().is_some(),
            cache.follow_lists.get((FollowList::Followers, id), nothing).await.unwrap().is_some(),
            cache.ids_by_name.get("ada".to_owned(), || async { Ok(None) }).await.unwrap().is_some(),
        ]
    }

    async fn fill(cache: &AnswerCache, pool: &PgPool, id: UserId) {
        let profile = profiles::find(pool, id).await.unwrap();
        let answer = || async { Ok(Some(JsonAnswer::new(&"answer").unwrap())) };
        if profile.is_some() {
            cache.profiles.get(id, answer).await.unwrap();
        }
        cache.stats.get(id, answer).await.unwrap();
        cache.follow_lists.get((FollowList::Followers, id), answer).await.unwrap();
        cache.ids_by_name.get("ada".to_owned(), || async move { Ok(Some(id)) }).await.unwrap();
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn what_shows_an_account_is_dropped_when_any_connection_changes_it(pool: PgPool) {
        // Nothing expires by itself.
        let cache = AnswerCache::living(Duration::from_secs(600));
        let (id, stop) = (insert(&pool).await, CancellationToken::new());
        let job = tokio::spawn(follow_changes((pool.clone(), cache.clone()), stop.clone()));
        // What was read before it listens is dropped when it does.
        eventually("it listens", async || {
            fill(&cache, &pool, id).await;
            query("select pg_notify($1, $2)")
                .bind(CHANNEL)
                .bind(id.to_string())
                .execute(&pool)
                .await
                .unwrap();
            (has(&cache, id).await == [false; 4]).then_some(())
        })
        .await;

        for change in [
            "update users set first_name = 'Ada'",
            "update users set active = false",
            "update users set active = true",
            "delete from users",
        ] {
            fill(&cache, &pool, id).await;
            query(AssertSqlSafe(change)).execute(&pool).await.unwrap();
            eventually(change, async || (has(&cache, id).await == [false; 4]).then_some(())).await;
        }

        // A sign-in shows nowhere, and nothing is dropped.
        let id = insert(&pool).await;
        fill(&cache, &pool, id).await;
        query("update users set last_login_at = now()").execute(&pool).await.unwrap();
        let other = UserId::new();
        fill(&cache, &pool, other).await;
        query("select pg_notify($1, $2)")
            .bind(CHANNEL)
            .bind(UserId::new().to_string())
            .execute(&pool)
            .await
            .unwrap();
        eventually("the later notification", async || (!has(&cache, other).await[1]).then_some(()))
            .await;
        assert!(has(&cache, id).await[0]);
        stop.cancel();
        job.await.unwrap().unwrap();
    }
}
