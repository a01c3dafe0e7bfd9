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

/// Periods by their first and last days: around the events, a whole month with parts of two others, a day
/// with 25 hours in Berlin, and the one before.
const PERIODS: [(&str, &str); 4] = [
    ("2025-10-22", "2025-10-30"),
    ("2025-09-28", "2025-11-02"),
    ("2025-10-26", "2025-10-26"),
    ("2025-10-25", "2025-10-25"),
];

/// The local days of a period, as Postgres knows the zone.
pub async fn local_days(pool: &PgPool, zone: &str, (first, last): (&str, &str)) -> Vec<LocalDay> {
    let days: Vec<(DateTime<Utc>, DateTime<Utc>)> = sqlx::query_as(
        "select d::timestamp at time zone $1, (d + 1)::timestamp at time zone $1
         from generate_series(0, $3::date - $2::date) n, lateral (select $2::date + n as d) d",
    )
    .bind(zone)
    .bind(first.parse::<NaiveDate>().unwrap())
    .bind(last.parse::<NaiveDate>().unwrap())
    .fetch_all(pool)
    .await
    .unwrap();
    days.into_iter()
        .map(|(start, end)| LocalDay { start: Timestamp(start), end: Timestamp(end) })
        .collect()
}

/// What some prompts' raw events say: views, unique viewers, and both by local day.
async fn recount(
    pool: &PgPool,
    zone: &str,
    (first, last): (&str, &str),
    prompts: &[PromptId],
) -> (i64, i64, Vec<(i64, i64)>) {
    let (first, last): (NaiveDate, NaiveDate) = (first.parse().unwrap(), last.parse().unwrap());
    let viewers = "count(distinct user_id)
        + count(distinct (day, viewer)) filter (where user_id is null and viewer is not null)";
    let views = "select (event_time at time zone $1)::date as day, user_id, viewer
        from prompt_activity_events
        where event_type = 'VIEWED' and event_time <= now() and prompt_id = any($2)
          and (event_time at time zone $1)::date between $3 and $4";
    let sql = format!("select count(*), {viewers} from ({views}) v");
    let (total, unique): (i64, i64) = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(zone)
        .bind(prompts)
        .bind(first)
        .bind(last)
        .fetch_one(pool)
        .await
        .unwrap();
    let sql = format!(
        "select coalesce(views, 0), coalesce(viewers, 0)
         from generate_series(0, $4 - $3) n, lateral (select $3 + n as d) d
         left join (select day, count(*) as views, {viewers} as viewers from ({views}) v group by day) c
             on day = d
         order by d"
    );
    let series = sqlx::query_as(sqlx::AssertSqlSafe(sql))
        .bind(zone)
        .bind(prompts)
        .bind(first)
        .bind(last)
        .fetch_all(pool)
        .await
        .unwrap();
    (total, unique, series)
}

/// Compares every figure with a recount.
pub async fn check(pool: &PgPool, zone: &str) -> Result<(), TestCaseError> {
    for period in PERIODS {
        let days = local_days(pool, zone, period).await;
        let counts = period_counts(pool, &prompts(), &days).await.unwrap();
        for prompt in prompts() {
            let read = views_of_prompt(pool, prompt, &days).await.unwrap();
            let series = read.series.iter().map(|day| (day.views, day.unique_viewers)).collect();
            let expected = recount(pool, zone, period, &[prompt]).await;
            let read = (read.views, read.unique_viewers, series);
            prop_assert_eq!(&read, &expected, "{} {:?}", zone, period);
            let counted = counts.get(&prompt).copied().unwrap_or_default();
            prop_assert_eq!(counted, (expected.0, expected.1));
        }
        for author in [0, 1].map(|number| UserId(id(2, number))) {
            check_author(pool, zone, period, author, &days).await?;
        }
    }
    check_activity(pool).await
}

async fn check_author(
    pool: &PgPool,
    zone: &str,
    period: (&str, &str),
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
    let expected = recount(pool, zone, period, &written).await;
    let period_views = (read.period.views, read.period.unique_viewers, series);
    prop_assert_eq!(period_views, expected, "{} {:?}", zone, period);
    for prompt in written {
        let (views, ..) = recount(pool, zone, period, &[prompt]).await;
        let listed = read.top.iter().find(|listed| listed.prompt_id == prompt);
        prop_assert_eq!(listed.map_or(0, |listed| listed.views), views, "{} {:?}", zone, period);
    }
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
