use chrono::NaiveDate;
use ids::{PromptId, UserId};
use sqlx::{PgPool, types::Uuid};

use super::{
    closed::{apply, created, views},
    recount::local_days,
    world::{FOR_EVER, THRESHOLDS, close_all, close_queued},
};
use crate::{
    domain::Activity,
    service::{
        close_days::close_days,
        ingest::ingest,
        merge_deltas::merge_deltas,
        prompt_views::{AuthorViews, period_counts, views_of_author, views_of_prompt},
        rebuild::rebuild,
    },
};

const PERIOD: (&str, &str) = ("2025-10-20", "2025-10-30");

/// The place of the thresholds by which spans alone are closed.
const SPANS_ALONE: usize = 2;

async fn closed_spans(pool: &PgPool, subject: Uuid) -> Vec<NaiveDate> {
    sqlx::query_scalar(
        "select first_day from closed_spans where subject_id = $1 order by first_day",
    )
    .bind(subject)
    .fetch_all(pool)
    .await
    .unwrap()
}

fn dates(texts: &[&str]) -> Vec<NaiveDate> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

fn top(views: &AuthorViews) -> Vec<(PromptId, i64)> {
    views.top.iter().map(|top| (top.prompt_id, top.views)).collect()
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn answers_read_closed_spans_instead_of_their_days(pool: PgPool) {
    let (author, one, other) = (UserId::new(), PromptId::new(), PromptId::new());
    for prompt in [one, other] {
        apply(&pool, &[created(prompt, author, "2025-10-19T00:00:00Z")]).await;
    }
    apply(&pool, &views(one, "2025-10-08T10:00:00Z", 0..3)).await;
    apply(&pool, &views(other, "2025-10-29T10:00:00Z", 1..5)).await;
    close_all(&pool, &THRESHOLDS[SPANS_ALONE]).await;
    assert_eq!(closed_spans(&pool, one.0).await, dates(&["2025-09-15"]));
    assert_eq!(closed_spans(&pool, author.0).await, dates(&["2025-09-15", "2025-10-13"]));

    // What is not read cannot be missed.
    sqlx::raw_sql("delete from prompt_days").execute(&pool).await.unwrap();
    for zone in ["UTC", "Asia/Kathmandu"] {
        let days = local_days(&pool, zone, ("2025-10-06", PERIOD.1)).await;
        let read = views_of_prompt(&pool, one, &days).await.unwrap();
        assert_eq!((read.views, read.unique_viewers), (3, 3), "{zone}");
        let read = views_of_author(&pool, author, &days).await.unwrap();
        assert_eq!((read.period.views, read.period.unique_viewers), (7, 7), "{zone}");
        assert_eq!(top(&read), [(other, 4), (one, 3)], "{zone}");
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_late_event_changes_a_span_that_was_closed(pool: PgPool) {
    let (author, prompt, second) = (UserId::new(), PromptId::new(), PromptId::new());
    for prompt in [prompt, second] {
        apply(&pool, &[created(prompt, author, "2025-10-19T00:00:00Z")]).await;
    }
    apply(&pool, &views(prompt, "2025-10-22T20:00:00Z", 0..3)).await;
    close_all(&pool, &THRESHOLDS[SPANS_ALONE]).await;

    let late = views(prompt, "2025-10-23T01:00:00Z", 2..5);
    let batch: Vec<&Activity> = late.iter().collect();
    ingest(&pool, FOR_EVER, &batch, &[]).await.unwrap();
    for state in ["not merged", "merged", "closed again"] {
        let days = local_days(&pool, "UTC", PERIOD).await;
        let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
        assert_eq!((read.views, read.unique_viewers), (6, 6), "{state}");
        let read = views_of_author(&pool, author, &days).await.unwrap();
        assert_eq!((read.period.views, read.period.unique_viewers), (6, 6), "{state}");
        match state {
            "not merged" => drop(merge_deltas(&pool).await.unwrap()),
            _ => close_queued(&pool, &THRESHOLDS[SPANS_ALONE]).await,
        }
    }
    for subject in [prompt.0, author.0] {
        assert_eq!(closed_spans(&pool, subject).await, dates(&["2025-10-13"]));
    }

    // A span of which nothing was there when it was closed.
    apply(&pool, &views(prompt, "2025-10-08T01:00:00Z", 0..1)).await;
    apply(&pool, &views(prompt, "2025-10-28T01:00:00Z", 0..1)).await;
    close_queued(&pool, &THRESHOLDS[SPANS_ALONE]).await;
    let spans = dates(&["2025-09-15", "2025-10-13"]);
    assert_eq!(closed_spans(&pool, prompt.0).await, spans);
    assert_eq!(closed_spans(&pool, author.0).await, spans);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_span_that_is_not_over_grows_by_a_week(pool: PgPool) {
    let (author, prompt, second) = (UserId::new(), PromptId::new(), PromptId::new());
    for prompt in [prompt, second] {
        apply(&pool, &[created(prompt, author, "2025-10-19T00:00:00Z")]).await;
    }
    for time in ["2025-10-22T10:00:00Z", "2025-10-28T10:00:00Z", "2025-10-29T10:00:00Z"] {
        apply(&pool, &views(prompt, time, 0..3)).await;
    }
    let last_days = "select last_day from closed_spans order by last_day, subject_id";
    for (closable, last_day) in [("2025-10-29", "2025-10-26"), ("2025-11-04", "2025-11-02")] {
        let closable = closable.parse().unwrap();
        while close_days(&pool, &THRESHOLDS[SPANS_ALONE], closable).await.unwrap() {}
        let closed: Vec<NaiveDate> = sqlx::query_scalar(last_days).fetch_all(&pool).await.unwrap();
        assert_eq!(closed, dates(&[last_day; 2]));
        let days = local_days(&pool, "UTC", PERIOD).await;
        let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
        assert_eq!((read.views, read.unique_viewers), (9, 9), "{last_day}");
        let read = views_of_author(&pool, author, &days).await.unwrap();
        assert_eq!((read.period.views, read.period.unique_viewers), (9, 9), "{last_day}");
    }
    // All of it is read from the span.
    sqlx::raw_sql("delete from prompt_days").execute(&pool).await.unwrap();
    let days = local_days(&pool, "UTC", PERIOD).await;
    let read = views_of_prompt(&pool, prompt, &days).await.unwrap();
    assert_eq!((read.views, read.unique_viewers), (9, 9));
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_prompt_that_changes_hands_changes_the_spans_of_both_authors(pool: PgPool) {
    let (author, first) = (UserId::new(), UserId::new());
    let (own, moved, others) = (PromptId::new(), PromptId::new(), PromptId::new());
    for (prompt, by) in [(own, author), (moved, author), (others, first)] {
        apply(&pool, &[created(prompt, by, "2025-10-19T00:00:00Z")]).await;
    }
    apply(&pool, &views(own, "2025-10-22T10:00:00Z", 0..3)).await;
    apply(&pool, &views(moved, "2025-10-22T10:00:00Z", 2..6)).await;
    close_all(&pool, &THRESHOLDS[SPANS_ALONE]).await;
    apply(&pool, &[created(moved, first, "2025-10-18T00:00:00Z")]).await;
    for state in ["at once", "closed again"] {
        let days = local_days(&pool, "UTC", PERIOD).await;
        let read = views_of_author(&pool, author, &days).await.unwrap();
        assert_eq!((read.period.views, top(&read)), (3, vec![(own, 3)]), "{state}");
        let read = views_of_author(&pool, first, &days).await.unwrap();
        assert_eq!((read.period.views, top(&read)), (4, vec![(moved, 4)]), "{state}");
        close_queued(&pool, &THRESHOLDS[SPANS_ALONE]).await;
    }
    for author in [author, first] {
        assert_eq!(closed_spans(&pool, author.0).await, dates(&["2025-10-13"]));
    }
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn a_rebuild_forgets_closed_spans(pool: PgPool) {
    let prompt = PromptId::new();
    apply(&pool, &views(prompt, "2025-10-22T10:00:00Z", 0..3)).await;
    close_all(&pool, &THRESHOLDS[SPANS_ALONE]).await;
    assert_eq!(closed_spans(&pool, prompt.0).await.len(), 1);
    let mut connection = pool.acquire().await.unwrap();
    rebuild(&mut connection, |_, _| ()).await.unwrap();
    assert!(closed_spans(&pool, prompt.0).await.is_empty());
    close_queued(&pool, &THRESHOLDS[SPANS_ALONE]).await;
    assert_eq!(closed_spans(&pool, prompt.0).await.len(), 1);
}

#[sqlx::test(migrator = "crate::MIGRATOR")]
async fn an_author_whose_days_are_all_read_needs_no_second_count_of_viewers(pool: PgPool) {
    let (author, one, other) = (UserId::new(), PromptId::new(), PromptId::new());
    for prompt in [one, other] {
        apply(&pool, &[created(prompt, author, "2025-10-19T00:00:00Z")]).await;
    }
    for (time, viewers) in [("2025-10-22T10:00:00Z", 0..3), ("2025-10-23T10:00:00Z", 1..6)] {
        apply(&pool, &views(one, time, viewers.clone())).await;
        apply(&pool, &views(other, time, viewers.start..viewers.end + 1)).await;
    }
    let days = local_days(&pool, "Asia/Kathmandu", PERIOD).await;
    for period in [&days[..], &days[2..3]] {
        let read = views_of_author(&pool, author, period).await.unwrap();
        let counts = period_counts(&pool, &[one, other], period).await.unwrap();
        for top in read.top {
            assert_eq!(top.unique_viewers, Some(counts[&top.prompt_id].1));
        }
    }
    close_all(&pool, &THRESHOLDS[0]).await;
    let read = views_of_author(&pool, author, &days).await.unwrap();
    assert_eq!(read.top[0].unique_viewers, None);
}
