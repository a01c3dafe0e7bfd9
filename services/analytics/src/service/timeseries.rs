//! The activity on the whole platform, by day or by hour.

use sqlx::PgPool;
use timestamp::Timestamp;

use crate::{
    domain::{
        Interval, Metric, Period, Point, Timeseries,
        period::{DEFAULT_HOURS, DEFAULT_WEEK, Given},
        quarter::{day_and_quarter, quarter_start},
    },
    error::ServiceError,
    repo::activity_counts::{self, ActivityDay},
};

/// Returns the period that is asked for.
///
/// # Errors
/// When what is given is no period.
pub fn get_period(interval: Interval, given: Given) -> Result<Period, ServiceError> {
    let usual = match interval {
        Interval::Hour => DEFAULT_HOURS,
        Interval::Day => DEFAULT_WEEK,
    };
    Ok(Period::new(given, interval, usual, Timestamp::now())?)
}

/// Returns the events of one kind in each day or hour of a period.
pub async fn get_timeseries(
    pool: &PgPool,
    metric: Metric,
    period: Period,
) -> sqlx::Result<Timeseries> {
    let mut points: Vec<Point> =
        period.days.iter().map(|day| Point { start: day.start, value: 0 }).collect();
    if let (Some(first), Some(last)) = (period.days.first(), period.days.last()) {
        let (first, last) = (day_and_quarter(first.start).0, day_and_quarter(last.end).0);
        let rows = activity_counts::series(pool, metric.event_type(), first, last).await?;
        add(&rows, &period, &mut points);
    }
    Ok(Timeseries { period, points })
}

/// Adds the events of each quarter of an hour to the point that it is in; both are in order of time.
fn add(rows: &[ActivityDay], period: &Period, points: &mut [Point]) {
    let quarters = rows.iter().flat_map(|row| {
        row.quarters.iter().enumerate().map(|(i, events)| (quarter_start(row.day, i), *events))
    });
    let mut days = period.days.iter().zip(points);
    let mut current = days.next();
    for (start, events) in quarters {
        while current.as_ref().is_some_and(|(day, _)| day.end <= start) {
            current = days.next();
        }
        match &mut current {
            Some((day, point)) if day.start <= start => point.value += events,
            Some(_) => {}
            None => return,
        }
    }
}
