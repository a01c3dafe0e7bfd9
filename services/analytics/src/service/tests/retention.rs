//! Months that are dropped, and what comes again afterwards.

use chrono::{Months, TimeDelta, Utc};
use ids::PromptId;
use sqlx::PgPool;
use timestamp::Timestamp;

use super::world::{FOR_EVER, view};
use crate::{
    domain::{Activity, LocalDay},
    service::{
        ingest::ingest, merge_deltas::merge_deltas, prompt_views::views_of_prompt,
        rebuild::rebuild, retention::drop_old_months,
    },
};

const DAYS: u16 = 60;

async fn months_of(pool: &PgPool, table: &str) -> i64 {
    sqlx::query_scalar("select count(*) from months_of($1)")
        .bind(table)
        .fetch_one(pool)
        .await
        .unwrap()
}

async fn rows(pool: &PgPool, table: &str) -> i64 {
    let sql = format!("select count(*) from {table}");
    sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_one(pool).await.unwrap()
}

/// Views of now and of six months back, whose ids were made now, as producers with a backlog make them.
fn views(prompt: PromptId) -> Vec<Activity> {
    let now = Utc::now();
    let old = now.checked_sub_months(Months::new(6)).unwrap();
    (0..40).map(|n| view(prompt, Timestamp(if n % 2 == 0 { now } else { old }), n)).collect()
}

fn period() -> Vec<LocalDay> {
    let today = crate::domain::quarter::midnight(Utc::now().date_naive());
    (0..400)
        .map(|n| {
            let start = today - TimeDelta::days(399 - n);
            LocalDay { start: Timestamp(start), end: Timestamp(start + TimeDelta::days(1)) }
        })
        .collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_dropped_month_keeps_its_figures_and_a_replay_of_everything_changes_none(pool: PgPool) {
    let prompt = PromptId::new();
    let views = views(prompt);
    let batch: Vec<&Activity> = views.iter().collect();
    ingest(&pool, FOR_EVER, &batch, &[]).await.unwrap();
    // Half is merged when the month goes, half is not.
    merge_deltas(&pool).await.unwrap();
    let late = self::views(prompt);
    let late: Vec<&Activity> = late.iter().collect();
    ingest(&pool, FOR_EVER, &late, &[]).await.unwrap();
    let before = views_of_prompt(&pool, prompt, &period()).await.unwrap();
    assert_eq!((before.views, before.unique_viewers), (80, 40));
    assert_eq!(months_of(&pool, "prompt_activity_events").await, 2);

    assert_eq!(drop_old_months(&pool, DAYS).await.unwrap(), 1);
    assert_eq!(drop_old_months(&pool, DAYS).await.unwrap(), 0);
    assert_eq!(months_of(&pool, "prompt_activity_events").await, 1);
    assert_eq!(rows(&pool, "prompt_activity_events").await, 40);

    // A setting that was lengthened again does not bring back what is gone.
    for days in [DAYS, FOR_EVER] {
        let ingested = ingest(&pool, days, &batch, &[]).await.unwrap();
        let counts = (ingested.applied, ingested.repeated, ingested.expired);
        assert_eq!(counts, (0, 20, 20));
    }
    assert_eq!(views_of_prompt(&pool, prompt, &period()).await.unwrap(), before);
    let mut connection = pool.acquire().await.unwrap();
    rebuild(&mut connection, |_, _| ()).await.unwrap();
    assert_eq!(views_of_prompt(&pool, prompt, &period()).await.unwrap(), before);
}

/// Returns the moment that lies six months back.
fn then() -> Timestamp {
    Timestamp(Utc::now().checked_sub_months(Months::new(6)).unwrap())
}

/// Returns the same event under an id that was made six months ago.
fn made_then(mut event: Activity) -> Activity {
    if let Activity::Prompt(activity) = &mut event {
        let made = then().0.timestamp_millis() as u128;
        let rest = activity.event_id.0.as_u128() & ((1 << 80) - 1);
        activity.event_id = ids::EventId(sqlx::types::Uuid::from_u128(made << 80 | rest));
    }
    event
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_event_of_two_times_counts_once_although_the_month_of_one_was_dropped(pool: PgPool) {
    let prompt = PromptId::new();
    let early = made_then(view(prompt, then(), 1));
    let mut late = view(prompt, Timestamp::now(), 1);
    if let Activity::Prompt(activity) = &mut late {
        activity.event_id = early.event_id();
    }
    for (event, applied) in [(&early, 1), (&late, 0)] {
        assert_eq!(ingest(&pool, FOR_EVER, &[event], &[]).await.unwrap().applied, applied);
    }
    // Of raw events and of ids.
    assert_eq!(drop_old_months(&pool, DAYS).await.unwrap(), 2);
    for event in [&early, &late] {
        assert_eq!(ingest(&pool, DAYS, &[event], &[]).await.unwrap().applied, 0);
    }
    assert_eq!(views_of_prompt(&pool, prompt, &period()).await.unwrap().views, 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_id_older_than_its_event_outlives_the_month_in_which_it_was_made(pool: PgPool) {
    let late = made_then(view(PromptId::new(), Timestamp::now(), 1));
    assert_eq!(ingest(&pool, FOR_EVER, &[&late], &[]).await.unwrap().applied, 1);
    assert_eq!(months_of(&pool, "event_ids").await, 1);
    assert_eq!(drop_old_months(&pool, DAYS).await.unwrap(), 1);
    assert_eq!(rows(&pool, "event_ids_default").await, 1);
    assert_eq!(ingest(&pool, DAYS, &[&late], &[]).await.unwrap().applied, 0);
}
