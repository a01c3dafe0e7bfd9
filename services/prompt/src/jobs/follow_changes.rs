use std::sync::Arc;

use read_cache::Copies;
use sqlx::PgPool;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::service::prompt_cache::PromptCache;

const CHANNEL: &str = "prompts_changed";

/// What an instance has of the prompts.
struct Followers {
    cache: PromptCache,
    search_index: Arc<Notify>,
}

impl Copies for Followers {
    fn drop_changed(&self, payload: &str) {
        self.cache.drop_changed(payload);
        self.search_index.notify_one();
    }

    fn drop_all(&self) {
        self.cache.drop_all();
        self.search_index.notify_one();
    }
}

/// Drops from the cache what any instance has changed, and wakes the search index, until the process stops
/// or the connection is lost.
pub async fn follow_changes(
    (pool, cache, search_index): (PgPool, PromptCache, Arc<Notify>),
    stop: CancellationToken,
) -> anyhow::Result<()> {
    read_cache::follow_changes(&pool, CHANNEL, &Followers { cache, search_index }, stop).await
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use auth::{Identity, Role};
    use http_kit::PageQuery;
    use ids::{PromptId, UserId};
    use sqlx::{AssertSqlSafe, query};
    use testkit::eventually;
    use timestamp::Timestamp;

    use super::*;
    use crate::{
        domain::{NewPrompt, PromptText, Status, Visibility},
        repo::prompts,
    };

    /// Inserts a public prompt.
    async fn insert(pool: &PgPool) -> PromptId {
        let (id, ada) = (PromptId::new(), UserId::new());
        let author = Identity {
            id: ada,
            username: "ada".to_owned(),
            roles: vec![Role::User],
            session: None,
        };
        let text = PromptText {
            title: "First".to_owned(),
            content: "Some content".to_owned(),
            description: None,
            category: "Tests".to_owned(),
            tags: Vec::new(),
            model: None,
        };
        let new = NewPrompt {
            text,
            visibility: Visibility::Public,
            status: Status::Published,
            change_log: None,
            forked_from: None,
        };
        let mut connection = pool.acquire().await.unwrap();
        prompts::insert(&mut connection, id, &author, &new, Timestamp::now()).await.unwrap();
        id
    }

    async fn set_title(pool: &PgPool, title: &str) {
        let sql = format!("update prompts set title = '{title}'");
        query(AssertSqlSafe(sql)).execute(pool).await.unwrap();
    }

    /// Waits until the cache shows a title.
    async fn shows(cache: &PromptCache, pool: &PgPool, id: PromptId, title: &str) {
        eventually(title, async || {
            let shown = cache.get(pool, id).await.unwrap().unwrap();
            (shown.value.title == title).then_some(())
        })
        .await;
    }

    async fn title(cache: &PromptCache, pool: &PgPool, id: PromptId) -> String {
        cache.get(pool, id).await.unwrap().unwrap().value.title.clone()
    }

    async fn is_listening(pool: &PgPool) -> bool {
        let sql = "select exists (select from pg_stat_activity where datname = current_database()
                   and query ilike 'listen%')";
        sqlx::query_scalar(sql).fetch_one(pool).await.unwrap()
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn new_prompts_and_comments_drop_what_shows_them_and_counters_drop_nothing(pool: PgPool) {
        let cache = PromptCache::living(Duration::from_secs(600));
        let stop = CancellationToken::new();
        let job = tokio::spawn(follow_changes(
            (pool.clone(), cache.clone(), Arc::default()),
            stop.clone(),
        ));
        eventually("it listens", async || is_listening(&pool).await.then_some(())).await;
        let list = || cache.list_key(&PageQuery::default(), String::new()).unwrap();
        let before = list();
        let id = insert(&pool).await;
        eventually("a new prompt", async || (list() != before).then_some(())).await;
        let copy = async || cache.get(&pool, id).await.unwrap().unwrap().number();
        for change in [
            "insert into prompt_comments (id, prompt_id, user_id, username, content)
             select id, id, user_id, username, 'Nice.' from prompts",
            "update prompt_comments set content = 'Very nice.'",
            "delete from prompt_comments",
        ] {
            let before = copy().await;
            query(change).execute(&pool).await.unwrap();
            eventually(change, async || (copy().await != before).then_some(())).await;
        }
        // What is notified comes in order: had the counters been, the copy would be another before the edit.
        let (before, lists) = (copy().await, list());
        query("update prompt_counters set views_count = 1, likes_count = 1")
            .execute(&pool)
            .await
            .unwrap();
        query("select pg_notify('prompts_changed', gen_random_uuid()::text)")
            .execute(&pool)
            .await
            .unwrap();
        eventually("a later notification", async || (list() != lists).then_some(())).await;
        assert_eq!(copy().await, before);
        stop.cancel();
        job.await.unwrap().unwrap();
    }

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn what_any_connection_changes_is_dropped_and_all_of_it_when_the_connection_is_lost(
        pool: PgPool,
    ) {
        // Nothing expires by itself.
        let cache = PromptCache::living(Duration::from_secs(600));
        let id = insert(&pool).await;
        let stop = CancellationToken::new();
        let job = tokio::spawn(follow_changes(
            (pool.clone(), cache.clone(), Arc::default()),
            stop.clone(),
        ));
        eventually("it listens", async || is_listening(&pool).await.then_some(())).await;
        shows(&cache, &pool, id, "First").await;
        set_title(&pool, "Second").await;
        shows(&cache, &pool, id, "Second").await;
        let label =
            "insert into prompt_labels (prompt_id, label, version) select id, 'production', 1
                     from prompts";
        query(label).execute(&pool).await.unwrap();
        eventually("a label", async || {
            let shown = cache.get(&pool, id).await.unwrap().unwrap();
            shown.value.labels.contains_key("production").then_some(())
        })
        .await;
        query("update prompts set visibility = 'PRIVATE'").execute(&pool).await.unwrap();
        eventually("hidden", async || cache.get(&pool, id).await.unwrap().is_none().then_some(()))
            .await;
        query("update prompts set visibility = 'PUBLIC'").execute(&pool).await.unwrap();
        shows(&cache, &pool, id, "Second").await;

        // The change is not reported.
        query("alter table prompts disable trigger notify_prompts_updated")
            .execute(&pool)
            .await
            .unwrap();
        // A late notification may still drop what was read.
        eventually("a change that nobody reports is not seen", async || {
            let before = title(&cache, &pool, id).await;
            set_title(&pool, &format!("{before} again")).await;
            (title(&cache, &pool, id).await == before).then_some(())
        })
        .await;
        set_title(&pool, "Third").await;
        query(
            "select pg_terminate_backend(pid) from pg_stat_activity
             where datname = current_database() and query ilike 'listen%'",
        )
        .execute(&pool)
        .await
        .unwrap();
        shows(&cache, &pool, id, "Third").await;
        assert!(job.await.unwrap().is_err(), "its next round follows a pause");

        let job = tokio::spawn(follow_changes(
            (pool.clone(), cache.clone(), Arc::default()),
            stop.clone(),
        ));
        stop.cancel();
        job.await.unwrap().unwrap();
    }
}
