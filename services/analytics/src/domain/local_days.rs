//! Days and hours as a clock on a wall shows them: a day of a time zone has 23, 24 or 25 hours, and now
//! and then none at all.
//!
//! A day begins at its midnight, at the first of two, and where a change of clocks leaves midnight out, at
//! the first moment after it. An hour begins where the minutes are 00, and where the clocks change: the
//! hour that comes twice is two hours.

use chrono::{
    DateTime, FixedOffset, MappedLocalTime, NaiveDate, NaiveDateTime, NaiveTime, Offset, TimeDelta,
    TimeZone, Timelike, Utc,
};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};
use timestamp::Timestamp;
use utoipa::ToSchema;

/// The rollups count by quarters of an hour.
const QUARTER: TimeDelta = TimeDelta::minutes(15);

/// A day or an hour of some zone: from `start` to before `end`, both on full quarters of an hour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LocalDay {
    pub start: Timestamp,
    pub end: Timestamp,
}

/// What the points of a series stand for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Interval {
    Hour,
    Day,
}

/// A time zone: one with a name, or an offset that never changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    Named(Tz),
    Fixed(FixedOffset),
}

/// The days cannot be told in quarters of an hour: the zone's offset was no multiple of 15 minutes then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnevenOffset;

impl Zone {
    pub const UTC: Self = Self::Named(Tz::UTC);

    /// Returns the name of the zone, or its offset (`+05:45`).
    pub fn name(self) -> String {
        match self {
            Self::Named(tz) => tz.name().to_owned(),
            Self::Fixed(offset) => offset.to_string(),
        }
    }

    fn offset_at(self, time: DateTime<Utc>) -> FixedOffset {
        match self {
            Self::Named(tz) => tz.offset_from_utc_datetime(&time.naive_utc()).fix(),
            Self::Fixed(offset) => offset,
        }
    }

    fn local(self, time: DateTime<Utc>) -> NaiveDateTime {
        time.with_timezone(&self.offset_at(time)).naive_local()
    }

    /// Returns the first moment at which the clocks show `local`; `None` when they never do.
    fn instant(self, local: NaiveDateTime) -> Option<DateTime<Utc>> {
        let offset = match self {
            Self::Named(tz) => match tz.offset_from_local_datetime(&local) {
                MappedLocalTime::Single(offset) | MappedLocalTime::Ambiguous(offset, _) => {
                    offset.fix()
                }
                MappedLocalTime::None => return None,
            },
            Self::Fixed(offset) => offset,
        };
        offset.from_local_datetime(&local).single().map(|time| time.to_utc())
    }

    /// Returns the first moment of a date; that of the next date for one that the zone left out.
    pub fn start_of(self, date: NaiveDate) -> DateTime<Utc> {
        let mut local = date.and_time(NaiveTime::MIN);
        loop {
            match self.instant(local) {
                Some(start) => return start,
                // No zone ever put its clocks forward by more than a day.
                None => local += QUARTER,
            }
        }
    }

    /// Returns the first moment of the day or hour that follows the one of `time`.
    fn next(self, interval: Interval, time: DateTime<Utc>) -> DateTime<Utc> {
        match interval {
            Interval::Day => {
                let mut date = self.local(time).date();
                loop {
                    date += TimeDelta::days(1);
                    let start = self.start_of(date);
                    // A date that was left out begins with the next.
                    if start > time && self.start_of(date + TimeDelta::days(1)) > start {
                        return start;
                    }
                }
            }
            Interval::Hour => {
                let offset = self.offset_at(time);
                let next = start_of_hour(time, offset) + TimeDelta::hours(1);
                let mut quarter = quarter_of(time) + QUARTER;
                while quarter < next && self.offset_at(quarter) == offset {
                    quarter += QUARTER;
                }
                quarter
            }
        }
    }

    /// Returns the first moment of the day or hour that `time` is in.
    pub fn start_of_current(self, interval: Interval, time: DateTime<Utc>) -> DateTime<Utc> {
        let mut start = match interval {
            // An hour earlier, since in the hour that comes twice before midnight the date goes back by one.
            Interval::Day => self.start_of(self.local(time).date() - TimeDelta::days(1)),
            Interval::Hour => start_of_hour(time, self.offset_at(time)),
        };
        loop {
            match self.next(interval, start) {
                next if next <= time => start = next,
                _ => return start,
            }
        }
    }

    /// Returns the first moment of the day or hour that came `count` before the one that begins at
    /// `start`.
    pub fn back(self, interval: Interval, start: DateTime<Utc>, count: u32) -> DateTime<Utc> {
        (0..count).fold(start, |start, _| {
            self.start_of_current(interval, start - TimeDelta::milliseconds(1))
        })
    }

    /// Returns the days or hours that begin in `from .. to`, in order; more than `most` are cut off after
    /// one more.
    ///
    /// # Errors
    /// When one does not begin or end on a quarter of an hour.
    pub fn split(
        self,
        interval: Interval,
        from: DateTime<Utc>,
        to: DateTime<Utc>,
        most: usize,
    ) -> Result<Vec<LocalDay>, UnevenOffset> {
        let mut start = self.start_of_current(interval, from);
        if start < from {
            start = self.next(interval, start);
        }
        let mut days = Vec::new();
        while start < to && days.len() <= most {
            let end = self.next(interval, start);
            if start != quarter_of(start) || end != quarter_of(end) {
                return Err(UnevenOffset);
            }
            days.push(LocalDay { start: Timestamp(start), end: Timestamp(end) });
            start = end;
        }
        Ok(days)
    }
}

/// Returns whether an offset is a multiple of 15 minutes.
pub fn is_even(offset: FixedOffset) -> bool {
    offset.local_minus_utc() % 900 == 0
}

fn start_of_hour(time: DateTime<Utc>, offset: FixedOffset) -> DateTime<Utc> {
    let local = time.with_timezone(&offset);
    let into =
        TimeDelta::minutes(local.minute().into()) + TimeDelta::seconds(local.second().into());
    time - into - TimeDelta::nanoseconds(local.nanosecond().into())
}

fn quarter_of(time: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = time.timestamp();
    DateTime::from_timestamp(seconds - seconds.rem_euclid(900), 0).unwrap_or(time)
}

#[cfg(test)]
mod tests;
