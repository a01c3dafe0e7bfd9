//! Closing spans of four weeks: the days of a prompt, or of an author's prompts, are put side by side. What is
//! over of the last span is closed each week, so few days are left that are read one by one.
//!
//! As in [`super::close_days`], rows are derived from `prompt_days` alone, under the lock of merging.

use chrono::NaiveDate;
use sqlx::PgConnection;

use crate::{
    domain::quarter::{last_of_span, last_sunday, next_day, span_of},
    repo::{
        closed_spans::{self, SpanThresholds},
        retention,
    },
};

/// The most reopened spans that one transaction closes again.
const BATCH: i64 = 2_000;

/// Closes spans that were reopened, and the next one, or the weeks of it that are over by `closable`; returns
/// whether it closed one, or more are due. The caller has locked merging.
pub async fn close_spans(
    connection: &mut PgConnection,
    thresholds: &SpanThresholds,
    closable: NaiveDate,
) -> sqlx::Result<bool> {
    let reopened = closed_spans::close_reopened(connection, thresholds, BATCH).await?;
    let next = match closed_spans::until(connection).await? {
        Some(until) => next_day(until),
        None => {
            retention::lift_time_limits(connection).await?;
            let first = closed_spans::first_day(connection).await?;
            // Without views there is nothing before this span.
            span_of(first.unwrap_or(closable).min(closable))
        }
    };
    let first = span_of(next);
    let last = last_of_span(first).min(last_sunday(closable));
    if last < next {
        return Ok(reopened == BATCH);
    }
    retention::lift_time_limits(connection).await?;
    if next > first {
        // It holds the weeks before.
        closed_spans::delete(connection, first).await?;
    }
    closed_spans::close(connection, (first, last), thresholds).await?;
    closed_spans::set_until(connection, last).await?;
    Ok(true)
}
