//! The figures counted again from the events, to compare with the answers.

use chrono::{DateTime, NaiveDate, Utc};
use ids::{PromptId, UserId};
use proptest::{prelude::*, test_runner::TestCaseError};
use sqlx::PgPool;
use timestamp::Timestamp;

use super::world::{id, prompts};
use crate::{
    domain::{LocalDay, quarter::quarter_start},
    repo::activity_counts,
    service::prompt_views::{period_counts, views_of_author, views_of_prompt},
};

/// Zones with whole hours, with three quarters of one, and with a change of clocks in the days of the test.
pub const ZONES: [&str; 3] = ["UTC", "Asia/Kathmandu", "Europe/Berlin"];

/// The local days of the test, as Postgres knows the zone.
async fn local_days(pool: &PgPool, zone: &str) -> Vec<LocalDay> {
    let days: Vec<(DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "select d::timestamp at time zone $1, (d + 1)::timestamp at time zone $1
         from generate_series(0, 8) n, lateral (select date '2025-10-22' + n as d) d",
    )
    .bind(zone)
    .fetch_all(pool)
    .await
    .unwrap();
    days.into_iter()
        .map(|(start, end)| LocalDay { start: Timestamp(start), end: Timestamp(end) })
        .collect()
}

/// What some prompts' raw events say: views, unique viewers, and both by local day.
async fn recount(pool: &PgPool, zone: &str, prompts: &[PromptId]) -> (i64, i64, Vec<(i64, i64)>) {
    let viewers = "count(distinct user_id)
        + count(distinct (day, viewer)) filter (where user_id is null and viewer is not null)";
    let views = "select (event_time at time zone $1)::date as day, user_id, viewer
        from prompt_activity_events
        where event_type = 'VIEWED' and event_time <= now() and prompt_id = any($2)
          and (event_time at time zone $1)::date between '2025-10-22' and '2025-10-30'";
    let sql = format!("select count(*), {viewers} from ({views}) v");
    let (total, unique): (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(zone)
        .bind(prompts)
        .fetch_one(pool)
        .await
        .unwrap();
    let sql = format!(
        "select (select count(*) from ({views}) v where day = d), (select {viewers} from ({views}) v where day = d)
         from generate_series(0, 8) n, lateral (select date '2025-10-22' + n as d) d"
    );
    let series = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(zone)
        .bind(prompts)
        .fetch_all(pool)
        .await
        .unwrap();
    (total, unique, series)
}

/// Compares every figure with a recount.
pub async fn check(pool: &PgPool, zone: &str) -> Result<(), TestCaseError> {
    let days = local_days(pool, zone).await;
    let counts = period_counts(pool, &prompts(), &days).await.unwrap();
    for prompt in prompts() {
        let read = views_of_prompt(pool, prompt, &days).await.unwrap();
        let series = read.series.iter().map(|day| (day.views, day.unique_viewers)).collect();
        let expected = recount(pool, zone, &[prompt]).await;
        prop_assert_eq!(&(read.views, read.unique_viewers, series), &expected, "{}", zone);
        let counted = counts.get(&prompt).copied().unwrap_or_default();
        prop_assert_eq!(counted, (expected.0, expected.1));
    }
    for author in [0, 1].map(|number| UserId(id(2, number))) {
        check_author(pool, zone, author, &days).await?;
    }
    check_activity(pool).await
}

async fn check_author(
    pool: &PgPool,
    zone: &str,
    author: UserId,
    days: &[LocalDay],
) -> Result<(), TestCaseError> {
    let written: Vec<PromptId> = sqlx::query_scalar(
        "select distinct prompt_id from prompt_activity_events
         where event_type = 'CREATED' and user_id = $1 and event_time <= now()",
    )
    .bind(author)
    .fetch_all(pool)
    .await
    .unwrap();
    let read = views_of_author(pool, author, days).await.unwrap();
    let series = read.period.series.iter().map(|day| (day.views, day.unique_viewers)).collect();
    let expected = recount(pool, zone, &written).await;
    prop_assert_eq!((read.period.views, read.period.unique_viewers, series), expected);
    prop_assert_eq!(read.prompts, written.len() as i64);
    prop_assert_eq!(read.top.iter().map(|prompt| prompt.views).sum::<i64>(), read.period.views);
    Ok(())
}

/// Compares counts of events by type and quarter of an hour, and totals.
async fn check_activity(pool: &PgPool) -> Result<(), TestCaseError> {
    let first: NaiveDate = "2025-10-22".parse().unwrap();
    let mut totals = Vec::new();
    for event_type in ["REGISTERED", "CREATED", "VIEWED"] {
        let raw: Vec<(DateTime<Utc>, i64)> = sqlx::query_as(
            "select date_bin('15 minutes', event_time, '1970-01-01Z') as quarter, count(*)
             from (select event_type, event_time from user_activity_events
                   union all select event_type, event_time from prompt_activity_events) e
             where event_type = $1 and event_time <= now() group by 1 order by 1",
        )
        .bind(event_type)
        .fetch_all(pool)
        .await
        .unwrap();
        let days = activity_counts::series(pool, event_type, first, Utc::now().date_naive()).await;
        let counted: Vec<(DateTime<Utc>, i64)> = days
            .unwrap()
            .into_iter()
            .flat_map(|day| {
                let quarters = day.quarters.into_iter().enumerate();
                quarters.map(move |(quarter, events)| (quarter_start(day.day, quarter).0, events))
            })
            .filter(|(_, events)| *events > 0)
            .collect();
        prop_assert_eq!(&counted, &raw, "{}", event_type);
        totals.push(raw.iter().map(|(_, events)| events).sum::<i64>());
    }
    let stats = activity_counts::stats(pool).await.unwrap();
    prop_assert_eq!(stats.total_user_events, totals[0]);
    prop_assert_eq!(stats.total_prompt_events, totals[1] + totals[2]);
    Ok(())
}
