//! `/analytics/timeseries`: days and hours of every zone.

use std::time::Duration;

use chrono::{DateTime, NaiveDate, Offset, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use events::{PromptCreated, PromptViewed, UserRegistered};
use ids::UserId;
use serde_json::{Value, json};
use sqlx::PgPool;
use testkit::Answer;
use timestamp::Timestamp;

use crate::support::{Fixture, created, registered, registered_ago, start, viewed, viewed_as};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Clocks change at night, at midnight, by half an hour, and not at all.
const ZONES: [&str; 7] = [
    "Europe/Berlin",
    "America/New_York",
    "America/Santiago",
    "Asia/Beirut",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "UTC",
];

/// Returns the moments of the last year at which the clocks of a zone changed; now for one without.
fn changes(zone: &str) -> Vec<DateTime<Utc>> {
    let tz: Tz = zone.parse().unwrap();
    let offset = |time: DateTime<Utc>| tz.offset_from_utc_datetime(&time.naive_utc()).fix();
    let now = Utc::now();
    let hours = (3 * 24..390 * 24).map(|hours| now - TimeDelta::hours(hours));
    let changes: Vec<_> =
        hours.filter(|time| offset(*time) != offset(*time + TimeDelta::hours(1))).collect();
    if changes.is_empty() { vec![now - TimeDelta::days(3)] } else { changes }
}

/// Returns moments over two days, which a change of clocks is in the middle of.
fn times_around(change: DateTime<Utc>) -> impl Iterator<Item = Timestamp> {
    (-40..40).map(move |i| Timestamp(change + TimeDelta::minutes(37 * i)))
}

/// Returns a period of days that holds those moments.
fn days_around(change: DateTime<Utc>) -> (NaiveDate, NaiveDate) {
    ((change - TimeDelta::days(3)).date_naive(), (change + TimeDelta::days(4)).date_naive())
}

async fn points(fixture: &Fixture, query: &str) -> Vec<(Timestamp, i64)> {
    let path = format!("/analytics/timeseries?{query}");
    let answer = fixture.app.anonymous().get(&path).await.expect(200);
    let start = |point: &Value| serde_json::from_value(point["start"].clone()).unwrap();
    let points = answer["points"].as_array().unwrap().iter();
    points.map(|point| (start(point), point["value"].as_i64().unwrap())).collect()
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn days_and_hours_of_every_zone_add_up_to_the_raw_rows(pool: PgPool) {
    let fixture = start(&pool).await;
    let all = ZONES.iter().flat_map(|zone| changes(zone)).flat_map(times_around);
    let events: Vec<UserRegistered> =
        all.map(|time| UserRegistered { registered_at: time, ..registered() }).collect();
    let count = events.len() as i64;
    fixture.publish(events).await;
    fixture.stats_when("totalUserEvents", count).await;
    let by_date = "select count(*) from user_activity_events
                   where (event_time at time zone $1)::date = ($2 at time zone $1)::date";
    let between =
        "select count(*) from user_activity_events where event_time >= $1 and event_time < $2";
    for zone in ZONES {
        for change in changes(zone) {
            let (from, to) = days_around(change);
            let query = format!("metric=registrations&from={from}&to={to}&tz={zone}");
            let days = points(&fixture, &query).await;
            assert_eq!(days.len(), 7, "{query}");
            for (start, value) in &days {
                let raw: i64 = sqlx::query_scalar(by_date)
                    .bind(zone)
                    .bind(start)
                    .fetch_one(&pool)
                    .await
                    .unwrap();
                assert_eq!(*value, raw, "{zone} {start}");
            }
            let hours = points(&fixture, &format!("{query}&interval=hour")).await;
            for pair in hours.windows(2) {
                let raw: i64 = sqlx::query_scalar(between)
                    .bind(pair[0].0)
                    .bind(pair[1].0)
                    .fetch_one(&pool)
                    .await
                    .unwrap();
                assert_eq!(pair[0].1, raw, "{zone} {}", pair[0].0);
            }
            let sum = |points: &[(Timestamp, i64)]| points.iter().map(|point| point.1).sum::<i64>();
            assert_eq!(sum(&hours), sum(&days), "{zone} {change}");
        }
    }
}

fn views_around(prompt: &PromptCreated, change: DateTime<Utc>) -> Vec<PromptViewed> {
    let accounts: Vec<UserId> = (0..3).map(|_| UserId::new()).collect();
    let view = |(i, time): (usize, Timestamp)| PromptViewed {
        viewed_at: time,
        ..match i % 4 {
            0 => viewed_as(prompt, &format!("key {}", i % 3)),
            _ => viewed(prompt, Some(accounts[i % accounts.len()])),
        }
    };
    times_around(change).enumerate().map(view).collect()
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn a_prompt_s_views_and_viewers_by_day_are_those_of_the_raw_rows_in_every_zone(pool: PgPool) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    fixture.prompts.publish(&prompt);
    let all = ZONES.iter().flat_map(|zone| changes(zone));
    let views: Vec<PromptViewed> = all.flat_map(|change| views_around(&prompt, change)).collect();
    let count = views.len() as i64;
    fixture.publish(views).await;
    fixture.stats_when("totalPromptEvents", count).await;
    let by_date = "select count(*), count(distinct user_id) + count(distinct viewer)
                   from prompt_activity_events
                   where (event_time at time zone $1)::date = ($2 at time zone $1)::date";
    let whole = "select count(*), count(distinct user_id)
                     + count(distinct ((event_time at time zone $1)::date, viewer))
                           filter (where viewer is not null)
                 from prompt_activity_events
                 where (event_time at time zone $1)::date >= $2
                   and (event_time at time zone $1)::date < $3";
    for zone in ZONES {
        for change in changes(zone) {
            let (from, to) = days_around(change);
            let path =
                format!("/analytics/prompts/{}?from={from}&to={to}&tz={zone}", prompt.prompt_id);
            let answer = fixture.app.anonymous().get(&path).await.expect(200);
            let figures = |of: &Value| (of["views"].as_i64(), of["uniqueViewers"].as_i64());
            for day in answer["series"].as_array().unwrap() {
                let start: Timestamp = serde_json::from_value(day["start"].clone()).unwrap();
                let (views, viewers): (i64, i64) =
                    sqlx::query_as(by_date).bind(zone).bind(start).fetch_one(&pool).await.unwrap();
                assert_eq!(figures(day), (Some(views), Some(viewers)), "{zone} {start}");
            }
            let (views, viewers): (i64, i64) = sqlx::query_as(whole)
                .bind(zone)
                .bind(from)
                .bind(to)
                .fetch_one(&pool)
                .await
                .unwrap();
            assert_eq!(figures(&answer), (Some(views), Some(viewers)), "{zone} {change}");
        }
    }
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn each_metric_counts_its_own_and_a_bucket_belongs_to_the_period_in_which_it_begins(
    pool: PgPool,
) {
    let fixture = start(&pool).await;
    let prompt = created("Linux Terminal");
    let mut early = registered();
    early.registered_at.0 += 2 * HOUR;
    fixture.publish([registered(), registered(), registered_ago(3 * HOUR), early]).await;
    fixture.publish([prompt.clone()]).await;
    fixture.publish((0..5).map(|_| viewed(&prompt, None))).await;
    // The early one does not count until its time has come.
    fixture.stats_when("totalUserEvents", 3).await;
    fixture.stats_when("totalPromptEvents", 6).await;
    let ahead = Timestamp(Utc::now() + TimeDelta::days(2));
    for (metric, count) in [("views", 5), ("registrations", 3), ("prompts", 1)] {
        for interval in ["day", "hour"] {
            // What is dated ahead of now is not shown, whatever is asked for.
            for to in ["", &format!("&to={ahead}")] {
                let query = format!("metric={metric}&interval={interval}{to}");
                let points = points(&fixture, &query).await;
                let sum: i64 = points.iter().map(|point| point.1).sum();
                // The 48 hours up to then have not come yet.
                let expected = if !to.is_empty() && interval == "hour" { 0 } else { count };
                assert_eq!(sum, expected, "{query}");
                assert_eq!(points.len(), if interval == "day" { 7 } else { 48 }, "{query}");
            }
        }
    }
    let midnight = Utc::now().date_naive();
    let today = points(&fixture, &format!("metric=views&from={midnight}T00:00:00Z")).await;
    assert_eq!(today.len(), 1);
    let none = points(&fixture, &format!("metric=views&from={midnight}T00:00:00.001Z")).await;
    assert!(none.is_empty());
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn the_zone_is_the_one_asked_for_or_the_offset_of_from(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    let get =
        async |query: &str| client.get(&format!("/analytics/timeseries?{query}")).await.expect(200);
    let answer = get("").await;
    for (field, value) in [("metric", "views"), ("interval", "day"), ("tz", "UTC")] {
        assert_eq!(answer[field], value);
    }
    for plus in ["%2B", "+"] {
        let query = format!("from=2026-01-31T00:00:00{plus}05:45&to=2026-02-02");
        let answer = get(&query).await;
        assert_eq!(
            (&answer["tz"], &answer["from"]),
            (&json!("+05:45"), &json!("2026-01-30T18:15:00.000Z"))
        );
        assert_eq!(answer["to"], "2026-02-01T18:15:00.000Z");
        let points = answer["points"].as_array().unwrap();
        assert_eq!(points.len(), 2);
        assert_eq!(points[1], json!({"start": "2026-01-31T18:15:00.000Z", "value": 0}));
    }
    let named = get("from=2026-01-31T00:00:00Z&to=2026-02-02T00:00:00Z&tz=Asia/Kathmandu").await;
    assert_eq!(
        (&named["tz"], &named["points"][0]["start"]),
        (&json!("Asia/Kathmandu"), &json!("2026-01-31T18:15:00.000Z"))
    );
    let hours = get("interval=hour&from=2025-01-01&to=2025-03-25T08:00:00Z").await;
    assert_eq!(hours["points"].as_array().unwrap().len(), 2000);
}

#[sqlx::test(migrator = "analytics_service::MIGRATOR")]
async fn bad_parameters_are_all_named(pool: PgPool) {
    let fixture = start(&pool).await;
    let client = fixture.app.anonymous();
    for (query, fields) in [
        (
            "metric=likes&interval=week&from=x&to=y&tz=z",
            &["from", "interval", "metric", "to", "tz"][..],
        ),
        ("metric=&from=", &["from", "metric"]),
        ("from=2026-13-01", &["from"]),
        ("from=10000-01-01", &["from"]),
        ("from=0000-12-31", &["from"]),
        ("from=2026-01-31T12:00:00", &["from"]),
        ("from=2026-02-02&to=2026-02-01", &["from"]),
        ("from=2026-02-02&to=2026-02-02", &["from"]),
        ("from=9999-01-01", &["from"]),
        ("from=2026-01-31T00:00:00%2B05:20", &["from"]),
        ("from=2020-01-01&to=2025-06-24", &["from"]),
        ("from=0001-01-01&to=9999-12-31&interval=hour", &["from"]),
        ("interval=hour&from=2025-01-01&to=2025-03-25T08:00:00.001Z", &["from"]),
        ("from=1880-01-01&to=1880-02-01&tz=Europe/Berlin", &["tz"]),
        ("tz=Europe/Berlin%00", &["tz"]),
    ] {
        let answer = client.get(&format!("/analytics/timeseries?{query}")).await;
        let problem = answer.expect_problem(400, "VALIDATION_FAILED");
        assert_eq!(Answer::bad_fields(&problem), fields, "{query}: {problem}");
    }
}
