use http_kit::blocking::ConcurrencyLimit;
use sqlx::query;
use tempfile::tempdir;

use super::*;

fn follower(pool: &PgPool, parent: &std::path::Path) -> (SearchFollower, Arc<SearchIndex>) {
    let index = Arc::new(SearchIndex::new(ConcurrencyLimit::new(1)));
    (SearchFollower::new(pool.clone(), parent.to_owned(), index.clone()), index)
}

async fn insert(pool: &PgPool) {
    let insert = "insert into prompts (id, user_id, username, title, content, category, visibility)
         values (gen_random_uuid(), gen_random_uuid(), 'ada', 'Giraffe', 'Text.', 'General', 'PUBLIC')";
    query(insert).execute(pool).await.unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn the_index_of_another_database_is_not_shown_when_building_fails(pool: PgPool) {
    let parent = tempdir().unwrap();
    insert(&pool).await;
    let (first, shown) = follower(&pool, parent.path());
    follow_search_changes(first.clone()).await.unwrap();
    assert_eq!(shown.len(), 1);
    drop(first);
    query("update prompt_change_log set id = gen_random_uuid()").execute(&pool).await.unwrap();
    query("alter table prompt_counters rename to elsewhere").execute(&pool).await.unwrap();
    let (second, shown) = follower(&pool, parent.path());
    for _ in 0..3 {
        follow_search_changes(second.clone()).await.unwrap_err();
        assert_eq!(shown.len(), 0);
    }
    query("alter table elsewhere rename to prompt_counters").execute(&pool).await.unwrap();
    follow_search_changes(second).await.unwrap();
    assert_eq!(shown.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_instance_does_not_count_itself_as_another_with_a_complete_index(pool: PgPool) {
    let [own, other] = [Uuid::new_v4(), Uuid::new_v4()];
    let is_elsewhere =
        async || search_changes::is_complete_elsewhere(&pool, own, 60.0).await.unwrap();
    search_changes::note_complete(&pool, own).await.unwrap();
    assert!(!is_elsewhere().await);
    search_changes::note_complete(&pool, other).await.unwrap();
    assert!(is_elsewhere().await);
}
