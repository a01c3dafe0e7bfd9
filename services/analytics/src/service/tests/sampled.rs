//! Days with more viewers than are kept one by one.

use chrono::{TimeDelta, Utc};
use ids::PromptId;
use sqlx::PgPool;
use timestamp::Timestamp;

use super::world::{FOR_EVER, view};
use crate::{
    domain::{Activity, LocalDay, quarter::midnight},
    service::{
        ingest::ingest,
        merge_deltas::merge_deltas,
        prompt_views::{period_counts, views_of_prompt},
    },
};

fn last_days(count: i64) -> Vec<LocalDay> {
    let today = midnight(Utc::now().date_naive());
    (0..count)
        .map(|n| {
            let start = today - TimeDelta::days(count - 1 - n);
            LocalDay { start: Timestamp(start), end: Timestamp(start + TimeDelta::days(1)) }
        })
        .collect()
}

fn within_two_percent(estimate: i64, exact: i64) -> bool {
    (estimate - exact).abs() * 50 <= exact
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn viewers_are_exact_up_to_ten_thousand_and_within_two_percent_beyond(pool: PgPool) {
    let (few, many) = (PromptId::new(), PromptId::new());
    let days = last_days(8);
    // The same viewers each day, anonymous: each counts once a day.
    for (day, viewers) in
        days.iter().zip([1_000, 10_000, 0, 40_000, 30_000, 30_000, 30_000, 30_000])
    {
        let views: Vec<Activity> = (0..viewers)
            .map(|n| {
                view(many, Timestamp(day.start.0 + TimeDelta::seconds(i64::from(n % 86_000))), n)
            })
            .chain((0..1_250).map(|n| view(few, day.start, n)))
            .collect();
        // What lies ahead of now is not counted.
        let views: Vec<&Activity> =
            views.iter().filter(|view| view.event_time() <= Timestamp::now()).collect();
        ingest(&pool, FOR_EVER, &views, &[]).await.unwrap();
    }
    while merge_deltas(&pool).await.unwrap() {}
    let whole_days = &days[..7];
    let read = views_of_prompt(&pool, many, whole_days).await.unwrap();
    assert_eq!(read.views, 141_000);
    assert_eq!(read.series[0].unique_viewers, 1_000);
    assert_eq!(read.series[1].unique_viewers, 10_000);
    assert_eq!(read.series[2].unique_viewers, 0);
    for (day, exact) in read.series.iter().zip([1_000, 10_000, 0, 40_000, 30_000, 30_000, 30_000]) {
        assert!(within_two_percent(day.unique_viewers, exact), "{day:?} {exact}");
    }
    assert!(within_two_percent(read.unique_viewers, 141_000), "{}", read.unique_viewers);
    let counts = period_counts(&pool, &[few, many], whole_days).await.unwrap();
    assert_eq!(counts[&few], (8_750, 8_750));
    assert!(within_two_percent(counts[&many].1, 141_000), "{:?}", counts[&many]);

    // Days that begin at noon read both halves of days.
    let noon: Vec<LocalDay> = days[..7]
        .windows(2)
        .map(|pair| LocalDay {
            start: Timestamp(pair[0].start.0 + TimeDelta::hours(12)),
            end: Timestamp(pair[1].start.0 + TimeDelta::hours(12)),
        })
        .collect();
    let read = views_of_prompt(&pool, few, &noon).await.unwrap();
    assert_eq!(read.series.iter().map(|day| day.unique_viewers).collect::<Vec<_>>(), [1_250; 6]);
}
