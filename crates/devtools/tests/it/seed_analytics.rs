//! `seed-analytics`: events and rollups that agree, the same for the same numbers.

use sqlx::{AssertSqlSafe, PgPool, query_scalar};

use crate::{
    databases::Databases,
    support::{stderr, stdout},
};

const NUMBERS: [&str; 9] = [
    "seed-analytics",
    "--events",
    "30000",
    "--prompts",
    "400",
    "--accounts",
    "900",
    "--until",
    "2026-01-15T10:30:00Z",
];

async fn seeded(databases: &Databases) -> PgPool {
    let output = databases.promptforge_dev(&NUMBERS).output().await.unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("31,300 events in "), "{said}");
    assert!(said.contains("| prompt_activity_events | 30,400 |"), "{said}");
    databases.analytics().await
}

async fn number(pool: &PgPool, sql: &str) -> i64 {
    query_scalar(AssertSqlSafe(format!("select ({sql})::bigint"))).fetch_one(pool).await.unwrap()
}

#[tokio::test]
async fn all_events_are_there_once_and_the_rollups_count_them() {
    let databases = Databases::new();
    let pool = seeded(&databases).await;
    for (sql, expected) in [
        ("select count(*) from event_ids", 31_300),
        ("select count(*) from event_ids_default", 0),
        ("select count(*) from prompt_activity_events_default", 0),
        ("select count(*) from user_activity_events", 900),
        ("select count(*) from prompt_activity_events where event_type = 'CREATED'", 400),
        ("select sum(views) from prompt_days", 30_000),
        ("select count(*) from prompt_authors", 400),
        ("select events from activity_totals where event_type = 'VIEWED'", 30_000),
    ] {
        assert_eq!(number(&pool, sql).await, expected, "{sql}");
    }
    let wrong_days = "select count(*) from (
            select prompt_id, (event_time at time zone 'UTC')::date as day, count(*) as views,
                   count(distinct coalesce(user_id, viewer)) as viewers
            from prompt_activity_events where event_type = 'VIEWED' group by 1, 2) e
        full join prompt_days d using (prompt_id, day)
        where (e.views, e.viewers) is distinct from (d.views, d.viewers)";
    assert_eq!(number(&pool, wrong_days).await, 0);
    let ahead = "select count(*) from prompt_activity_events
                 where event_time not between '2024-12-15' and '2026-01-15 10:30Z'";
    assert_eq!(number(&pool, ahead).await, 0);
}

#[tokio::test]
async fn the_same_numbers_make_the_same_events_and_a_database_with_events_is_refused() {
    let (one, same) = (Databases::new(), Databases::new());
    let sum = "select sum(hashtext(e::text)) from (
        select event_id, prompt_id, user_id, viewer, event_type, event_time
        from prompt_activity_events) e";
    let first = number(&seeded(&one).await, sum).await;
    assert_eq!(first, number(&seeded(&same).await, sum).await);

    let again = one.promptforge_dev(&NUMBERS).output().await.unwrap();
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("has events already"), "{}", stderr(&again));
}
