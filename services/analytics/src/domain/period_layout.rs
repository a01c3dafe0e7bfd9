//! The days (UTC) that a period of local days touches, and what of them it holds whole.

use std::collections::{BTreeSet, HashMap};

use chrono::{Datelike, Days, Months, NaiveDate, TimeDelta};

use super::{
    LocalDay,
    period_views::{Calendar, Part, parts_of},
    quarter::QUARTERS,
};

/// The days (UTC) of a period.
pub struct Layout<'a> {
    pub days: &'a [LocalDay],
    pub parts: Vec<Vec<Part>>,
    pub calendar: Calendar,
    pub first: NaiveDate,
    pub last: NaiveDate,
    /// The days of which the period holds a part only.
    pub cut: BTreeSet<NaiveDate>,
}

impl<'a> Layout<'a> {
    pub fn of(days: &'a [LocalDay]) -> Option<Self> {
        let parts: Vec<Vec<Part>> = days.iter().map(|day| parts_of(*day)).collect();
        let calendar = Calendar::of(days.iter().copied().enumerate());
        let (first, last) = (*parts.first()?.first()?, *parts.last()?.last()?);
        let mut cut = BTreeSet::new();
        cut.extend((first.from > 0).then_some(first.day));
        cut.extend((last.to < QUARTERS).then_some(last.day));
        Some(Self { days, parts, calendar, first: first.day, last: last.day, cut })
    }

    pub fn dates(&self) -> impl Iterator<Item = NaiveDate> {
        self.first.iter_days().take_while(|day| *day <= self.last)
    }

    pub fn whole_days(&self) -> impl Iterator<Item = NaiveDate> {
        self.dates().filter(|day| !self.cut.contains(day))
    }

    /// Returns the months that are whole in the period.
    pub fn whole_months(&self) -> Vec<NaiveDate> {
        let is_whole = |month: &NaiveDate| {
            let last = last_of_month(*month);
            *month >= self.first
                && last <= self.last
                && !self.cut.contains(month)
                && !self.cut.contains(&last)
        };
        let months: BTreeSet<NaiveDate> = self.dates().map(month_of).collect();
        months.into_iter().filter(is_whole).collect()
    }

    /// Returns the day (UTC) in which a local day of 24 hours begins, and the quarter.
    pub fn window(&self, index: usize) -> Option<(NaiveDate, u8)> {
        let day = self.days[index];
        let is_usual = day.end.0 - day.start.0 == TimeDelta::days(1);
        self.parts[index].first().filter(|_| is_usual).map(|part| (part.day, part.from))
    }

    /// Returns the windows of months to ask for: of a month in which no local day of 24 hours begins, the
    /// first.
    pub fn month_windows(&self) -> (Vec<NaiveDate>, Vec<i32>) {
        let months = self.whole_months();
        let starts = (0..self.days.len()).filter_map(|index| self.window(index));
        let mut windows: BTreeSet<(NaiveDate, i32)> = starts
            .map(|(day, quarter)| (month_of(day), i32::from(quarter)))
            .filter(|(month, _)| months.contains(month))
            .collect();
        let without = |month: &NaiveDate| !windows.iter().any(|(other, _)| other == month);
        let without: Vec<(NaiveDate, i32)> =
            months.into_iter().filter(without).map(|month| (month, 0)).collect();
        windows.extend(without);
        windows.into_iter().unzip()
    }

    /// Returns the windows of days to ask for: of a day in which no local day of 24 hours begins, the first.
    pub fn windows(&self) -> (Vec<NaiveDate>, Vec<i32>) {
        let starts: HashMap<NaiveDate, u8> =
            (0..self.days.len()).filter_map(|index| self.window(index)).collect();
        let quarter = |day| i32::from(starts.get(&day).copied().unwrap_or_default());
        self.dates().map(|day| (day, quarter(day))).unzip()
    }
}

pub fn month_of(day: NaiveDate) -> NaiveDate {
    day.with_day(1).unwrap_or(day)
}

pub fn last_of_month(month: NaiveDate) -> NaiveDate {
    let next = month.checked_add_months(Months::new(1)).unwrap_or(NaiveDate::MAX);
    next.checked_sub_days(Days::new(1)).unwrap_or(next)
}
