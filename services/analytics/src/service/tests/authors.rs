use ids::{PromptId, UserId};
use sqlx::PgPool;
use testkit::eventually;
use timestamp::Timestamp;

use crate::{
    domain::{PromptActivity, PromptEvent},
    repo::prompt_authors,
};

fn creation(prompt_id: PromptId, author: UserId, time: &str) -> PromptActivity {
    PromptActivity {
        event_id: ids::EventId::new(),
        prompt_id,
        user_id: Some(author),
        event_time: Timestamp(time.parse().unwrap()),
        event: PromptEvent::Created,
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn who_loses_a_prompt_to_a_batch_of_the_same_time_is_noted(pool: PgPool) {
    let (prompt, loser, winner) = (PromptId::new(), UserId::new(), UserId::new());
    let mut first = pool.begin().await.unwrap();
    let later = creation(prompt, loser, "2025-10-20T00:00:00Z");
    prompt_authors::insert(&mut first, &[&later]).await.unwrap();
    let second = tokio::spawn({
        let pool = pool.clone();
        async move {
            let mut second = pool.begin().await.unwrap();
            let earlier = creation(prompt, winner, "2025-10-19T00:00:00Z");
            prompt_authors::insert(&mut second, &[&earlier]).await.unwrap();
            second.commit().await.unwrap();
        }
    });
    let waiting = "select exists (select from pg_stat_activity
                   where datname = current_database() and wait_event_type = 'Lock')";
    eventually("the second batch waits for the first", async || {
        let is_waiting: bool = sqlx::query_scalar(waiting).fetch_one(&pool).await.unwrap();
        is_waiting.then_some(())
    })
    .await;
    // As if the job had followed the first change before there is a second.
    sqlx::raw_sql("delete from author_changes").execute(&mut *first).await.unwrap();
    first.commit().await.unwrap();
    second.await.unwrap();
    let mut noted: Vec<UserId> =
        sqlx::query_scalar("select user_id from author_changes").fetch_all(&pool).await.unwrap();
    noted.sort();
    let mut expected = vec![loser, winner];
    expected.sort();
    assert_eq!(noted, expected);
}
