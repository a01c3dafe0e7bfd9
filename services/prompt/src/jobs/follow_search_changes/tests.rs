use http_kit::blocking::ConcurrencyLimit;
use sqlx::query;
use tempfile::tempdir;
use testkit::eventually;

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

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn words_of_deleted_prompts_leave_the_disk_a_day_later(pool: PgPool) {
    let parent = tempdir().unwrap();
    let dir = parent.path().join("0");
    insert(&pool).await;
    insert(&pool).await;
    let rename = "update prompts set title = 'Xylophone' where id = (select min(id::text)::uuid from prompts)";
    query(rename).execute(&pool).await.unwrap();
    let (first, shown) = follower(&pool, parent.path());
    follow_search_changes(first.clone()).await.unwrap();
    query("delete from prompts where title = 'Xylophone'").execute(&pool).await.unwrap();
    follow_search_changes(first.clone()).await.unwrap();
    assert_eq!(shown.len(), 1);
    let is_on_disk = || {
        let mut files = std::fs::read_dir(&dir).unwrap().map(|file| file.unwrap().path());
        files.any(|file| {
            let bytes = std::fs::read(file).unwrap_or_default();
            bytes.windows(9).any(|word| word.eq_ignore_ascii_case(b"xylophone"))
        })
    };
    assert!(is_on_disk());
    drop(first);
    set_last_cleaned(&dir, 0);
    let (second, shown) = follower(&pool, parent.path());
    eventually("the word to leave the disk", async || {
        insert(&pool).await;
        follow_search_changes(second.clone()).await.unwrap();
        (!is_on_disk()).then_some(())
    })
    .await;
    assert!(shown.len() >= 2);
}

/// Changes when an index was last cleaned, in seconds since 1970.
fn set_last_cleaned(dir: &std::path::Path, seconds: u64) {
    let (_, mut writer) = Index::open(dir).unwrap();
    let mut position: serde_json::Value =
        serde_json::from_str(&writer.position().unwrap()).unwrap();
    position["cleaned_at"] = seconds.into();
    writer.commit(&position.to_string()).unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_index_that_is_found_broken_again_is_not_opened_again_at_once(pool: PgPool) {
    let parent = tempdir().unwrap();
    insert(&pool).await;
    let (follower, shown) = follower(&pool, parent.path());
    let reopened_at = async || follower.open.lock().await.reopened_at;
    let find_broken = async || {
        let broken = |_: &Index| Err::<(), _>(search::SearchError::Broken("as a test".into()));
        shown.ask(broken).await.unwrap_err();
    };
    follow_search_changes(follower.clone()).await.unwrap();
    find_broken().await;
    follow_search_changes(follower.clone()).await.unwrap();
    let at_first = reopened_at().await;
    assert!(at_first.is_some());
    find_broken().await;
    follow_search_changes(follower.clone()).await.unwrap();
    assert_eq!(reopened_at().await, at_first);
}
