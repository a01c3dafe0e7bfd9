//! The period that a question is about: `from`, `to` and `tz` as callers give them, and the days or hours
//! that begin in it.

use chrono::{DateTime, Datelike, FixedOffset, NaiveDate, Offset, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Deserializer, de};
use timestamp::Timestamp;

use super::local_days::{Interval, LocalDay, Zone, is_even};

/// The most days or hours of a period.
pub const MAX_POINTS: usize = 2000;

/// The number of hours, and of days, that an answer has by default.
pub const DEFAULT_HOURS: u32 = 48;
pub const DEFAULT_WEEK: u32 = 7;
pub const DEFAULT_MONTH: u32 = 30;

/// An end of a period: an instant, with the offset that it was written with, or the midnight that a date
/// begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bound {
    Instant(DateTime<FixedOffset>),
    Date(NaiveDate),
}

/// A zone with a name of the IANA's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NamedZone(pub Tz);

/// A period as a caller gives it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given {
    pub from: Option<Bound>,
    pub to: Option<Bound>,
    pub tz: Option<NamedZone>,
}

/// The days or hours of a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Period {
    pub zone: Zone,
    pub from: Timestamp,
    pub to: Timestamp,
    /// Those that begin in `from .. to`, in order.
    pub days: Vec<LocalDay>,
}

/// What is wrong with a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    #[error("must be before to, which is now unless given")]
    Empty,
    #[error("asks for more than {MAX_POINTS} points: shorten the period, or ask by day")]
    TooLong,
    #[error("must have an offset that is a multiple of 15 minutes")]
    UnevenOffset,
    #[error("had an offset then that is no multiple of 15 minutes: such days are not counted")]
    UnevenZone,
}

impl PeriodError {
    /// Returns the name of the parameter at fault.
    pub fn field(self) -> &'static str {
        match self {
            Self::Empty | Self::TooLong | Self::UnevenOffset => "from",
            Self::UnevenZone => "tz",
        }
    }
}

impl Period {
    /// Makes a period of what a caller gave. Without `to` it ends now, and without `from` it begins so that
    /// its last day or hour is number `usual`.
    ///
    /// # Errors
    /// When the period is empty, too long, or cannot be told in quarters of an hour.
    pub fn new(
        Given { from, to, tz }: Given,
        interval: Interval,
        usual: u32,
        now: Timestamp,
    ) -> Result<Self, PeriodError> {
        let zone = zone(from, tz)?;
        let instant = |bound| match bound {
            Bound::Instant(time) => time.to_utc(),
            Bound::Date(date) => zone.start_of(date),
        };
        let to = to.map_or(now.0, instant);
        let from = from.map(instant).unwrap_or_else(|| {
            let last = zone.start_of_current(interval, to - TimeDelta::milliseconds(1));
            zone.back(interval, last, usual - 1)
        });
        if from >= to {
            return Err(PeriodError::Empty);
        }
        let days = zone.split(interval, from, to, MAX_POINTS).map_err(|_| match zone {
            Zone::Named(_) => PeriodError::UnevenZone,
            Zone::Fixed(_) => PeriodError::UnevenOffset,
        })?;
        if days.len() > MAX_POINTS {
            return Err(PeriodError::TooLong);
        }
        Ok(Self { zone, from: Timestamp(from), to: Timestamp(to), days })
    }
}

/// Returns the zone of a period: the one that is named, or the offset that `from` has, or UTC.
fn zone(from: Option<Bound>, tz: Option<NamedZone>) -> Result<Zone, PeriodError> {
    match (tz, from) {
        (Some(NamedZone(tz)), _) => Ok(Zone::Named(tz)),
        (None, Some(Bound::Instant(time))) => match time.offset().fix() {
            offset if offset.local_minus_utc() == 0 => Ok(Zone::UTC),
            offset if is_even(offset) => Ok(Zone::Fixed(offset)),
            _ => Err(PeriodError::UnevenOffset),
        },
        _ => Ok(Zone::UTC),
    }
}

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let bound = read(&text).ok_or_else(|| {
            de::Error::custom(
                "must be a date, or a time in RFC 3339, such as 2026-01-31 or 2026-01-31T12:00:00+01:00",
            )
        })?;
        // In UTC: answers show instants so, and RFC 3339 has no other years.
        let year = match bound {
            Bound::Instant(time) => time.with_timezone(&Utc).year(),
            Bound::Date(date) => date.year(),
        };
        match year {
            1..=9999 => Ok(bound),
            _ => Err(de::Error::custom("must be of the years 0001 to 9999")),
        }
    }
}

/// Reads a date or an instant. A `+` that was not percent-encoded arrives as a space.
fn read(text: &str) -> Option<Bound> {
    if text.len() == 10 {
        return NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().map(Bound::Date);
    }
    let time = match text.rsplit_once(' ') {
        Some((time, offset)) if offset.len() == 5 && time.contains(['T', 't', ' ']) => {
            DateTime::parse_from_rfc3339(&format!("{time}+{offset}"))
        }
        _ => DateTime::parse_from_rfc3339(text),
    };
    time.ok().map(Bound::Instant)
}

impl<'de> Deserialize<'de> for NamedZone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map(Self).map_err(|_| {
            de::Error::custom("must be the name of a time zone, such as Europe/Berlin")
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn bound(text: &str) -> Option<Bound> {
        serde_json::from_value(json!(text)).ok()
    }

    fn period(from: &str, to: &str, tz: &str, interval: Interval) -> Result<Period, PeriodError> {
        let given = |text: &str| (!text.is_empty()).then(|| bound(text).unwrap());
        let tz = (!tz.is_empty()).then(|| NamedZone(tz.parse().unwrap()));
        let now = Timestamp("2026-03-30T09:30:00Z".parse().unwrap());
        let usual = if interval == Interval::Day { 7 } else { 48 };
        Period::new(Given { from: given(from), to: given(to), tz }, interval, usual, now)
    }

    fn days(from: &str, to: &str, tz: &str) -> Period {
        period(from, to, tz, Interval::Day).unwrap()
    }

    #[test]
    fn an_end_is_a_date_or_an_instant_with_an_offset() {
        for text in [
            "2026-01-31",
            "2026-01-31T12:00:00Z",
            "2026-01-31t12:00:00.123456z",
            "2026-01-31T12:00:00+05:45",
            "2026-01-31T12:00:00 05:45",
            "2026-01-31T12:00:00-03:00",
        ] {
            assert!(bound(text).is_some(), "{text}");
        }
        assert_eq!(bound("2026-01-31T12:00:00 05:45"), bound("2026-01-31T12:00:00+05:45"));
        for text in [
            "",
            "-",
            "today",
            "2026-1-31",
            "2026-02-30",
            "2026-01-31T12:00:00",
            "2026-01-31T12:00",
            "0000-01-01",
            "-044-01-01",
            "+10000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-01:00",
            "1769850000",
            "2026-01-31T12:00:00 Z",
            "ÄÄÄÄÄ",
        ] {
            assert_eq!(bound(text), None, "{text}");
        }
    }

    #[test]
    fn the_zone_is_the_one_named_or_the_offset_of_from_or_utc() {
        let name = |from, tz| days(from, "", tz).zone.name();
        assert_eq!(name("2026-03-01", ""), "UTC");
        assert_eq!(name("2026-03-01T00:00:00Z", ""), "UTC");
        assert_eq!(name("2026-03-01T00:00:00+05:45", ""), "+05:45");
        assert_eq!(name("2026-03-01T00:00:00-03:30", ""), "-03:30");
        assert_eq!(name("2026-03-01T00:00:00+05:45", "Asia/Tokyo"), "Asia/Tokyo");
    }

    #[test]
    fn a_date_is_the_midnight_of_its_zone() {
        let kathmandu = days("2026-03-01", "2026-03-03", "Asia/Kathmandu");
        assert_eq!(kathmandu.from.to_string(), "2026-02-28T18:15:00.000Z");
        assert_eq!(kathmandu.days.len(), 2);
        assert_eq!(kathmandu.days[0].start, kathmandu.from);
        // In September the clocks of Santiago leave out midnight.
        let santiago = days("2025-09-07", "2025-09-08", "America/Santiago");
        assert_eq!(santiago.from.to_string(), "2025-09-07T04:00:00.000Z");
        assert_eq!(santiago.days.len(), 1);
    }

    #[test]
    fn without_from_the_period_holds_the_usual_number_up_to_its_end() {
        let today = days("", "", "Europe/Berlin");
        assert_eq!(
            (today.days.len(), today.to.to_string()),
            (7, "2026-03-30T09:30:00.000Z".into())
        );
        assert_eq!(today.from.to_string(), "2026-03-23T23:00:00.000Z");
        assert_eq!(days("", "2026-03-01", "").days.len(), 7);
        let hours = period("", "", "", Interval::Hour).unwrap();
        assert_eq!(hours.days.len(), 48);
        assert_eq!(hours.days[47].start.to_string(), "2026-03-30T09:00:00.000Z");
    }

    #[test]
    fn what_is_wrong_names_the_parameter() {
        let wrong = |from, to, tz, interval| {
            let error = period(from, to, tz, interval).unwrap_err();
            (error, error.field())
        };
        let empty = (PeriodError::Empty, "from");
        assert_eq!(wrong("2026-03-02", "2026-03-01", "", Interval::Day), empty);
        assert_eq!(wrong("2026-03-02", "2026-03-02", "", Interval::Day), empty);
        assert_eq!(wrong("2026-03-31", "", "", Interval::Day), empty);
        let long = (PeriodError::TooLong, "from");
        assert_eq!(wrong("2020-01-01", "2025-06-24", "", Interval::Day), long);
        assert_eq!(wrong("0001-01-01", "9999-12-31", "", Interval::Hour), long);
        let uneven = wrong("2026-03-01T00:00:00+05:20", "", "", Interval::Day);
        assert_eq!(uneven, (PeriodError::UnevenOffset, "from"));
        let uneven = wrong("1880-01-01", "1880-02-01", "Europe/Berlin", Interval::Day);
        assert_eq!(uneven, (PeriodError::UnevenZone, "tz"));
        // And what is just right.
        assert_eq!(days("2020-01-01", "2025-06-23", "").days.len(), 2000);
    }
}
