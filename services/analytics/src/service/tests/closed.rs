use std::ops::Range;

use chrono::{Days, NaiveDate};
use ids::{EventId, PromptId, UserId};
use sqlx::{PgPool, types::Uuid};
use timestamp::Timestamp;

use super::{
    recount::local_days,
    world::{FOR_EVER, THRESHOLDS, close_all, close_queued, view},
};
use crate::{
    domain::{Activity, DayViews, LocalDay, PeriodViews, PromptActivity, PromptEvent, Viewer},
    repo::prompt_days::{self, PromptDay},
    service::{
        close_days::Thresholds,
        ingest::ingest,
        merge_deltas::merge_deltas,
        prompt_views::{views_of_author, views_of_prompt},
    },
};

const PERIOD: (&str, &str) = ("2025-10-20", "2025-10-30");

pub async fn apply(pool: &PgPool, activities: &[Activity]) {
    let batch: Vec<&Activity> = activities.iter().collect();
    ingest(pool, FOR_EVER, &batch, &[]).await.unwrap();
    merge_deltas(pool).await.unwrap();
}

pub fn views(prompt: PromptId, time: &str, viewers: Range<u32>) -> Vec<Activity> {
    let time = Timestamp(time.parse().unwrap());
    viewers.map(|viewer| view(prompt, time, viewer)).collect()
}

pub fn created(prompt_id: PromptId, author: UserId, time: &str) -> Activity {
    Activity::Prompt(PromptActivity {
        event_id: EventId::new(),
        prompt_id,
        user_id: Some(author),
        event_time: Timestamp(time.parse().unwrap()),
        event: PromptEvent::Created,
    })
}

async fn closed(pool: &PgPool, subject: Uuid) -> Vec<NaiveDate> {
    sqlx::query_scalar("select day from closed_days where subject_id = $1 order by day")
        .bind(subject)
        .fetch_all(pool)
        .await
        .unwrap()
}

fn on(views: &PeriodViews, days: &[LocalDay], date: &str) -> (i64, i64) {
    let start: NaiveDate = date.parse().unwrap();
    let noon = start.and_hms_opt(12, 0, 0).unwrap().and_utc();
    let index = days.iter().position(|day| day.start.0 <= noon && noon < day.end.0).unwrap();
    (views.series[index].views, views.series[index].unique_viewers)
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_late_event_changes_the_days_that_were_closed_on_both_sides_of_midnight(pool: PgPool) {
    let prompt = PromptId::new();
    apply(&pool, &views(prompt, "2025-10-22T20:00:00Z", 0..3)).await;
    close_all(&pool, &THRESHOLDS[0]).await;
    let was_closed = closed(&pool, prompt.0).await;
    assert!(was_closed.contains(&"2025-10-22".parse().unwrap()), "{was_closed:?}");

    // Still the 22nd in New York, and the 23rd in UTC.
    let late = views(prompt, "2025-10-23T01:00:00Z", 2..5);
    let batch: Vec<&Activity> = late.iter().collect();
    ingest(&pool, FOR_EVER, &batch, &[]).await.unwrap();
    let (new_york, utc) = ("America/New_York", "UTC");
    for state in ["not merged", "merged", "closed again"] {
        let days = local_days(&pool, new_york, PERIOD).await;
        let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
        assert_eq!(on(&read, &days, "2025-10-22"), (6, 5), "{state}");
        assert_eq!((read.views, read.unique_viewers), (6, 5), "{state}");
        let days = local_days(&pool, utc, PERIOD).await;
        let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
        assert_eq!(on(&read, &days, "2025-10-22"), (3, 3), "{state}");
        assert_eq!(on(&read, &days, "2025-10-23"), (3, 3), "{state}");
        match state {
            "not merged" => drop(merge_deltas(&pool).await.unwrap()),
            _ => close_queued(&pool, &THRESHOLDS[0]).await,
        }
    }
    assert!(closed(&pool, prompt.0).await.len() >= was_closed.len());
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_prompt_whose_author_becomes_known_after_closing_counts_for_them(pool: PgPool) {
    let author = UserId::new();
    let (known, unknown) = (PromptId::new(), PromptId::new());
    apply(&pool, &[created(known, author, "2025-10-20T00:00:00Z")]).await;
    apply(&pool, &views(known, "2025-10-22T10:00:00Z", 0..3)).await;
    apply(&pool, &views(unknown, "2025-10-22T10:00:00Z", 2..6)).await;
    close_all(&pool, &THRESHOLDS[0]).await;
    let was_closed = closed(&pool, author.0).await;
    assert!(!was_closed.is_empty());

    apply(&pool, &[created(unknown, author, "2025-10-21T00:00:00Z")]).await;
    for state in ["at once", "closed again"] {
        for zone in ["UTC", "Asia/Kathmandu"] {
            let days = local_days(&pool, zone, PERIOD).await;
            let read = views_of_author(&pool, author, &days).await.unwrap();
            assert_eq!((read.period.views, read.period.unique_viewers), (7, 6), "{state} {zone}");
            assert_eq!(on(&read.period, &days, "2025-10-22"), (7, 6), "{state} {zone}");
            let top: Vec<_> = read.top.iter().map(|top| (top.prompt_id, top.views)).collect();
            assert_eq!(top, [(unknown, 4), (known, 3)], "{state} {zone}");
        }
        close_queued(&pool, &THRESHOLDS[0]).await;
    }
    let is_closed = closed(&pool, author.0).await;
    assert!(was_closed.iter().all(|day| is_closed.contains(day)), "{is_closed:?}");

    // Someone else wrote it, as an earlier creation says.
    let first = UserId::new();
    apply(&pool, &[created(unknown, first, "2025-10-19T00:00:00Z")]).await;
    for state in ["at once", "closed again"] {
        let days = local_days(&pool, "UTC", PERIOD).await;
        let read = views_of_author(&pool, author, &days).await.unwrap();
        assert_eq!((read.period.views, read.period.unique_viewers), (3, 3), "{state}");
        let read = views_of_author(&pool, first, &days).await.unwrap();
        assert_eq!((read.period.views, read.period.unique_viewers), (4, 4), "{state}");
        close_queued(&pool, &THRESHOLDS[0]).await;
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn days_of_23_and_of_25_hours_hold_what_happened_in_them_once_closed(pool: PgPool) {
    let (spring, autumn) = (PromptId::new(), PromptId::new());
    // In Berlin the 30th of March has 23 hours, and the 26th of October 25.
    let spring_times = [
        "2025-03-29T22:45:00Z",
        "2025-03-29T23:00:00Z",
        "2025-03-30T21:45:00Z",
        "2025-03-30T22:00:00Z",
    ];
    let autumn_times = [
        "2025-10-25T21:45:00Z",
        "2025-10-25T22:00:00Z",
        "2025-10-26T22:45:00Z",
        "2025-10-26T23:00:00Z",
    ];
    for (prompt, times) in [(spring, spring_times), (autumn, autumn_times)] {
        for (number, time) in (0..).zip(times) {
            apply(&pool, &views(prompt, time, number..number + 1)).await;
        }
    }
    close_all(&pool, &THRESHOLDS[0]).await;
    assert!(!closed(&pool, spring.0).await.is_empty() && !closed(&pool, autumn.0).await.is_empty());
    for (prompt, period) in
        [(spring, ("2025-03-29", "2025-03-31")), (autumn, ("2025-10-25", "2025-10-27"))]
    {
        let days = local_days(&pool, "Europe/Berlin", period).await;
        let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
        let series: Vec<_> =
            read.series.iter().map(|day| (day.views, day.unique_viewers)).collect();
        assert_eq!(series, [(1, 1), (2, 2), (1, 1)]);
        assert_eq!((read.views, read.unique_viewers), (4, 4));
    }
}

fn account(number: u64) -> Viewer {
    // The factor spreads them over all hashes.
    Viewer(number.wrapping_mul(0x9E37_79B9_7F4A_7C15) & !1)
}

fn day_of(prompt_id: PromptId, day: NaiveDate, accounts: Range<u64>) -> PromptDay {
    let entries = accounts.map(|number| ((number % 96) as u8, Some(account(number))));
    PromptDay { prompt_id, day, views: DayViews::of_views(entries) }
}

/// Writes the days of October, each with the accounts of a range that moves.
async fn write_october(pool: &PgPool, prompt_id: PromptId, accounts: u64, step: u64) {
    let first: NaiveDate = "2025-10-01".parse().unwrap();
    let rows: Vec<PromptDay> = (0..31)
        .map(|n| {
            let day = first.checked_add_days(Days::new(n)).unwrap();
            day_of(prompt_id, day, n * step..n * step + accounts)
        })
        .collect();
    let mut connection = pool.acquire().await.unwrap();
    prompt_days::upsert(&mut connection, &rows).await.unwrap();
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn accounts_of_a_day_that_the_period_ends_within_count_beside_those_of_a_month(pool: PgPool) {
    let prompt = PromptId::new();
    write_october(&pool, prompt, 9_000, 3_000).await;
    let last_days = [
        day_of(prompt, "2025-11-09".parse().unwrap(), 190_000..200_000),
        day_of(prompt, "2025-11-10".parse().unwrap(), 200_000..260_000),
    ];
    let mut connection = pool.acquire().await.unwrap();
    prompt_days::upsert(&mut connection, &last_days).await.unwrap();
    drop(connection);
    close_all(&pool, &Thresholds::default()).await;
    // In Kathmandu days end at 18:15 UTC.
    let days = local_days(&pool, "Asia/Kathmandu", ("2025-09-30", "2025-11-10")).await;
    let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
    let until_then = (190_000..260_000).filter(|n| *n < 200_000 || n % 96 < 73);
    let of_last = until_then.clone().filter(|n| *n >= 200_000 || n % 96 >= 73).count();
    let of_last = i64::try_from(of_last).unwrap();
    assert_eq!(on(&read, &days, "2025-11-10"), (of_last, of_last));
    let exact = 9_000 + 30 * 3_000 + i64::try_from(until_then.count()).unwrap();
    let error = (read.unique_viewers - exact).abs();
    assert!(error * 50 <= exact, "{} {exact}", read.unique_viewers);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn accounts_of_closed_days_and_months_are_exact_up_to_ten_thousand(pool: PgPool) {
    let (few, many) = (PromptId::new(), PromptId::new());
    write_october(&pool, few, 4_000, 200).await;
    write_october(&pool, many, 9_000, 3_000).await;
    let before = (4_000 + 30 * 200, 9_000 + 30 * 3_000);
    for state in ["open", "closed"] {
        // The whole month, and parts of it that no closed month helps with.
        for (period, few_viewers, many_viewers) in [
            (("2025-10-01", "2025-10-31"), before.0, before.1),
            (("2025-10-02", "2025-10-31"), before.0 - 200, before.1 - 3_000),
        ] {
            for zone in ["UTC", "Asia/Kathmandu"] {
                let days = local_days(&pool, zone, period).await;
                let read = views_of_prompt(&pool, few, &days).await.unwrap();
                // Kathmandu's days begin and end within those of UTC.
                if zone == "UTC" {
                    assert_eq!(read.unique_viewers, few_viewers, "{state}");
                }
                let read = views_of_prompt(&pool, many, &days).await.unwrap();
                let error = (read.unique_viewers - many_viewers).abs();
                assert!(error * 50 <= many_viewers, "{state} {zone} {}", read.unique_viewers);
                if zone == "UTC" {
                    assert_eq!(on(&read, &days, "2025-10-10").1, 9_000, "{state}");
                }
            }
        }
        close_all(&pool, &Thresholds::default()).await;
    }
    let months: i64 =
        sqlx::query_scalar("select count(*) from closed_months").fetch_one(&pool).await.unwrap();
    assert_eq!((months, closed(&pool, many.0).await.len()), (2, 32));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_merge_queues_the_days_that_have_become_large(pool: PgPool) {
    let (large, small) = (PromptId::new(), PromptId::new());
    // Nothing is there when everything is queued.
    close_all(&pool, &Thresholds::default()).await;
    apply(&pool, &views(large, "2025-10-22T10:00:00Z", 0..100)).await;
    apply(&pool, &views(large, "2025-10-23T10:00:00Z", 0..40)).await;
    apply(&pool, &views(small, "2025-10-22T10:00:00Z", 0..60)).await;
    close_queued(&pool, &Thresholds::default()).await;
    assert_eq!(closed(&pool, large.0).await, ["2025-10-22".parse::<NaiveDate>().unwrap()]);
    assert!(closed(&pool, small.0).await.is_empty());
}
