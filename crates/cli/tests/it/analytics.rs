//! `promptforge analytics rebuild`, on a real Postgres.

use sqlx::{
    ConnectOptions, PgPool, query, query_as,
    types::{Uuid, chrono::NaiveDate},
};
use tokio::process::Command;

use crate::support::{promptforge, stderr, stdout};

const PROMPT: Uuid = Uuid::from_u128(7);

/// Returns the command, without the settings of the tests themselves.
fn rebuild() -> Command {
    let mut command = promptforge(["analytics", "rebuild"]);
    command.env_remove("POSTGRES_URL").env_remove("ANALYTICS_DATABASE_URL");
    command
}

/// Writes raw views of two days, and a figure that they do not add up to.
async fn write_events_and_a_wrong_figure(pool: &PgPool) {
    query(
        "insert into prompt_activity_events (event_id, prompt_id, user_id, event_type, event_time)
         select gen_random_uuid(), $1, gen_random_uuid(), 'VIEWED', time
         from unnest(array['2026-03-01T10:00:00Z', '2026-03-01T23:59:00Z', '2026-03-02T00:01:00Z']
                     ::timestamptz[]) as time",
    )
    .bind(PROMPT)
    .execute(pool)
    .await
    .unwrap();
    query(
        "insert into prompt_days (prompt_id, day, views, viewers, sample, quarters, entries)
         values ($1, '2026-03-01', 99, 0, 0, '', '')",
    )
    .bind(PROMPT)
    .execute(pool)
    .await
    .unwrap();
}

async fn days(pool: &PgPool) -> Vec<(NaiveDate, i64, i64)> {
    query_as("select day, views, viewers from prompt_days where prompt_id = $1 order by day")
        .bind(PROMPT)
        .fetch_all(pool)
        .await
        .unwrap()
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_rebuild_replaces_the_figures_and_says_how_many_views_it_counted(pool: PgPool) {
    write_events_and_a_wrong_figure(&pool).await;
    let day = |day| NaiveDate::from_ymd_opt(2026, 3, day).unwrap();
    let url = pool.connect_options().to_url_lossy();
    for _ in 0..2 {
        let output = rebuild().env("ANALYTICS_DATABASE_URL", url.as_str()).output().await.unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(stdout(&output).contains("3 views counted again"), "{}", stdout(&output));
        assert_eq!(days(&pool).await, [(day(1), 2, 2), (day(2), 1, 1)]);
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_rebuild_that_fails_leaves_the_figures_as_they_were(pool: PgPool) {
    write_events_and_a_wrong_figure(&pool).await;
    // The last step refuses.
    query("update retention set rebuild_needed = true").execute(&pool).await.unwrap();
    query("alter table retention add check (rebuild_needed)").execute(&pool).await.unwrap();
    let before = days(&pool).await;
    let url = pool.connect_options().to_url_lossy();
    let output = rebuild().env("ANALYTICS_DATABASE_URL", url.as_str()).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("the figures are as they were"), "{}", stderr(&output));
    assert_eq!(days(&pool).await, before);
}

#[tokio::test]
async fn a_rebuild_says_which_database_it_lacks() {
    let output = rebuild().output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    for name in ["ANALYTICS_DATABASE_URL", "POSTGRES_URL"] {
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
    }
    let output = rebuild().args(["--postgres-url", "not a URL"]).output().await.unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("POSTGRES_URL: not a URL"), "{}", stderr(&output));
}
