//! Closing weeks that are over: the days of a prompt, or of an author's prompts, are put side by side.
//!
//! As in [`super::close_days`], rows are derived from `prompt_days` alone, under the lock of merging.

use chrono::{Days, NaiveDate};
use sqlx::PgConnection;

use crate::{
    domain::quarter::{last_of_week, week_of},
    repo::{
        closed_weeks::{self, WeekThresholds},
        retention,
    },
};

/// The most reopened weeks that one transaction closes again.
const BATCH: i64 = 2_000;

/// Closes weeks that were reopened, and the next that is over by `closable`; returns whether it closed one, or
/// more are due. The caller has locked merging.
pub async fn close_weeks(
    connection: &mut PgConnection,
    thresholds: &WeekThresholds,
    closable: NaiveDate,
) -> sqlx::Result<bool> {
    let reopened = closed_weeks::close_reopened(connection, thresholds, BATCH).await?;
    let next = match closed_weeks::until(connection).await? {
        Some(until) => next_week(until),
        None => {
            retention::lift_time_limits(connection).await?;
            let first = closed_weeks::first_day(connection).await?;
            // Without views there is nothing before this week.
            week_of(first.unwrap_or(closable).min(closable))
        }
    };
    if last_of_week(next) > closable {
        return Ok(reopened == BATCH);
    }
    retention::lift_time_limits(connection).await?;
    closed_weeks::close(connection, next, thresholds).await?;
    closed_weeks::set_until(connection, next).await?;
    Ok(true)
}

fn next_week(week: NaiveDate) -> NaiveDate {
    week.checked_add_days(Days::new(7)).unwrap_or(NaiveDate::MAX)
}
