//! Compares the answers of the service over HTTP with the raw events.

use anyhow::Context;
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use serde_json::Value;
use sqlx::{query_as, query_scalar};
use uuid::Uuid;

use crate::drill::{events::environment::Environment, report::Report};

/// Zones whose days begin at other moments than those of UTC.
const ZONES: [&str; 3] = ["UTC", "Asia/Kathmandu", "America/New_York"];

/// The number of prompts that are asked for, the most viewed ones.
const PROMPTS: i64 = 5;

const STATS: &str = "
    with raw as (select event_type, event_time from user_activity_events
                 union all select event_type, event_time from prompt_activity_events)
    select array[count(*) filter (where event_type = 'REGISTERED'),
                 count(*) filter (where event_type <> 'REGISTERED'),
                 count(*) filter (where event_type = 'REGISTERED' and day),
                 count(*) filter (where event_type = 'CREATED' and day),
                 count(*) filter (where event_type = 'VIEWED' and day),
                 count(*) filter (where event_type = 'REGISTERED' and week),
                 count(*) filter (where event_type = 'CREATED' and week),
                 count(*) filter (where event_type = 'VIEWED' and week)]
    from (select event_type, event_time >= date_trunc('minute', now() - interval '24 hours') as day,
                 event_time >= date_trunc('minute', now() - interval '7 days') as week
          from raw where event_time <= now()) r";

const SERIES: &str = "
    select (date_trunc('day', event_time at time zone $1))::date, count(*)
    from prompt_activity_events
    where event_type = 'VIEWED' and event_time <= now()
      and (event_time at time zone $1)::date between $2 and $3
    group by 1 order by 1";

const PROMPT: &str = "
    select count(*), count(distinct user_id)
           + count(distinct ((event_time at time zone $1)::date, viewer)) filter (where viewer is not null)
    from prompt_activity_events
    where event_type = 'VIEWED' and event_time <= now() and prompt_id = $2
      and (event_time at time zone $1)::date between $3 and $4";

/// Checks answers; the first instance must run.
///
/// # Errors
/// When the service does not answer.
pub async fn check(environment: &Environment, report: &mut Report) -> anyhow::Result<()> {
    check_stats(environment, report).await?;
    let pool = &environment.pool;
    let sql = "select prompt_id from prompt_activity_events where event_type = 'VIEWED'
               group by 1 order by count(*) desc, 1 limit $1";
    let prompts: Vec<Uuid> = query_scalar(sql).bind(PROMPTS).fetch_all(pool).await?;
    // From before the older month to tomorrow.
    let today = Utc::now().date_naive();
    let (first, last) = (today - TimeDelta::days(120), today + TimeDelta::days(1));
    for zone in ZONES {
        check_series(environment, zone, (first, last), report).await?;
        let (mut asked, mut right) = (0, 0);
        for prompt in &prompts {
            asked += 1;
            right += usize::from(is_right(environment, zone, *prompt, (first, last)).await?);
        }
        report.expect(format!("prompts whose statistics agree, {zone}"), asked, right);
    }
    Ok(())
}

async fn check_stats(environment: &Environment, report: &mut Report) -> anyhow::Result<()> {
    let names = [
        "totalUserEvents",
        "totalPromptEvents",
        "newUsersLast24h",
        "promptsCreatedLast24h",
        "promptViewsLast24h",
        "newUsersLast7d",
        "promptsCreatedLast7d",
        "promptViewsLast7d",
    ];
    let pool = &environment.pool;
    // The windows move on meanwhile.
    let before: Vec<i64> = query_scalar(STATS).fetch_one(pool).await?;
    let stats = environment.get("/analytics/stats", &[]).await?;
    let after: Vec<i64> = query_scalar(STATS).fetch_one(pool).await?;
    let said: Vec<i64> = names.iter().filter_map(|name| stats[name].as_i64()).collect();
    let wanted = if said == before { before } else { after };
    report.expect("stats", format!("{wanted:?}"), format!("{said:?}"));
    Ok(())
}

/// Checks the views by day of a zone.
async fn check_series(
    environment: &Environment,
    zone: &str,
    (first, last): (NaiveDate, NaiveDate),
    report: &mut Report,
) -> anyhow::Result<()> {
    let sql = query_as(SERIES).bind(zone).bind(first).bind(last);
    let wanted: Vec<(NaiveDate, i64)> = sql.fetch_all(&environment.pool).await?;
    let end = (last + TimeDelta::days(1)).to_string();
    let query = [
        ("metric", "views"),
        ("interval", "day"),
        ("from", &first.to_string()),
        ("to", &end),
        ("tz", zone),
    ];
    let answer = environment.get("/analytics/timeseries", &query).await?;
    let points = answer["points"].as_array().context("no points")?;
    let values: Vec<i64> = points.iter().filter_map(|point| point["value"].as_i64()).collect();
    // Each point is a day, in order.
    let days = first.iter_days().zip(&values).filter(|(_, views)| **views > 0);
    let found: Vec<(NaiveDate, i64)> = days.map(|(day, views)| (day, *views)).collect();
    let sum = |days: &[(NaiveDate, i64)]| days.iter().map(|(_, views)| views).sum::<i64>();
    let unlike = wanted.iter().filter(|day| !found.contains(day)).count()
        + found.iter().filter(|day| !wanted.contains(day)).count();
    report.expect(format!("views of the time series, {zone}"), sum(&wanted), sum(&found));
    report.expect(format!("days of it unlike the raw events, {zone}"), 0, unlike);
    Ok(())
}

/// Tells whether the statistics of a prompt agree with the raw events.
async fn is_right(
    environment: &Environment,
    zone: &str,
    prompt: Uuid,
    (first, last): (NaiveDate, NaiveDate),
) -> anyhow::Result<bool> {
    let sql = query_as(PROMPT).bind(zone).bind(prompt).bind(first).bind(last);
    let wanted: (i64, i64) = sql.fetch_one(&environment.pool).await?;
    let end = (last + TimeDelta::days(1)).to_string();
    let query = [("from", first.to_string()), ("to", end), ("tz", zone.to_owned())];
    let query = query.each_ref().map(|(name, value)| (*name, value.as_str()));
    let answer = environment.get(&format!("/analytics/prompts/{prompt}"), &query).await?;
    let days = answer["series"].as_array().context("no series")?;
    let sum: i64 = days.iter().filter_map(|day| day["views"].as_i64()).sum();
    let starts: Option<Vec<DateTime<Utc>>> =
        days.iter().map(|day| day["start"].as_str()?.parse().ok()).collect();
    let in_order = starts.is_some_and(|starts| starts.is_sorted());
    let number = |name: &str| answer.get(name).and_then(Value::as_i64);
    Ok(number("views") == Some(wanted.0)
        && number("uniqueViewers") == Some(wanted.1)
        && sum == wanted.0
        && in_order)
}
