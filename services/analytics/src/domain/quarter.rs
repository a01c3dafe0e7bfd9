//! Quarters of an hour: the grain of rollups, since every zone's days begin at one.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, Utc};
use timestamp::Timestamp;

/// The number of quarters of a day (UTC).
pub const QUARTERS: u8 = 96;

const SECONDS: i64 = 15 * 60;

/// Returns the day (UTC) of a time, and the quarter in it.
pub fn day_and_quarter(time: Timestamp) -> (NaiveDate, u8) {
    let of_day = time.0.timestamp().rem_euclid(i64::from(QUARTERS) * SECONDS);
    (time.0.date_naive(), u8::try_from(of_day / SECONDS).unwrap_or_default())
}

/// Returns the beginning of a quarter.
pub fn quarter_start(day: NaiveDate, quarter: usize) -> Timestamp {
    let seconds = i64::try_from(quarter).unwrap_or_default() * SECONDS;
    Timestamp(midnight(day) + chrono::TimeDelta::seconds(seconds))
}

/// Returns the beginning of a day (UTC).
pub fn midnight(day: NaiveDate) -> DateTime<Utc> {
    day.and_time(NaiveTime::MIN).and_utc()
}

/// Returns the number of days since 1970.
pub fn day_number(day: NaiveDate) -> i64 {
    midnight(day).timestamp().div_euclid(i64::from(QUARTERS) * SECONDS)
}

/// Returns the day after.
pub fn next_day(day: NaiveDate) -> NaiveDate {
    day.checked_add_days(Days::new(1)).unwrap_or(NaiveDate::MAX)
}

/// Returns the first day of the four weeks that a day is in, a Monday; so was the first day of year 1.
pub fn span_of(day: NaiveDate) -> NaiveDate {
    let since = Days::new((day.num_days_from_ce() - 1).rem_euclid(28).unsigned_abs().into());
    day.checked_sub_days(since).unwrap_or(day)
}

/// Returns the last of four weeks, a Sunday.
pub fn last_of_span(first: NaiveDate) -> NaiveDate {
    first.checked_add_days(Days::new(27)).unwrap_or(NaiveDate::MAX)
}

/// Returns the last Sunday up to a day.
pub fn last_sunday(day: NaiveDate) -> NaiveDate {
    let since = Days::new(day.weekday().num_days_from_sunday().into());
    day.checked_sub_days(since).unwrap_or(day)
}
