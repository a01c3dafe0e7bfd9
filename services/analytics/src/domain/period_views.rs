//! Views and unique viewers of a period, from the days of rollups.

use std::collections::HashMap;

use chrono::NaiveDate;
use rustc_hash::{FxBuildHasher, FxHashSet};
use timestamp::Timestamp;

use super::{
    DayViews, LocalDay, Viewer,
    closed_days::DayFigures,
    quarter::{QUARTERS, day_and_quarter, next_day},
};

/// The views of a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DayCount {
    pub start: Timestamp,
    pub views: i64,
    pub unique_viewers: i64,
}

/// The views of a period.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PeriodViews {
    pub views: i64,
    /// Accounts, each once in the period, and viewers without one, each once a local day.
    pub unique_viewers: i64,
    /// One for each local day, in order.
    pub series: Vec<DayCount>,
}

/// A day (UTC) of some prompt, as read from the rollups.
pub struct ReadDay {
    pub day: NaiveDate,
    pub views: DayViews,
    /// The bound below which the entries are complete; `None` when all are there.
    pub complete_below: Option<Viewer>,
}

/// The quarters of a day (UTC) that belong to a local day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    pub day: NaiveDate,
    pub from: u8,
    pub to: u8,
}

/// Returns the parts of days (UTC) that make up a local day, in order.
pub fn parts_of(local: LocalDay) -> Vec<Part> {
    let ((mut day, mut from), (last, to)) =
        (day_and_quarter(local.start), day_and_quarter(local.end));
    let mut parts = Vec::with_capacity(2);
    while day < last {
        parts.push(Part { day, from, to: QUARTERS });
        (day, from) = (next_day(day), 0);
    }
    if from < to {
        parts.push(Part { day, from, to });
    }
    parts
}

/// A map from quarters of days (UTC) to the local days that they are in.
pub struct Calendar(HashMap<NaiveDate, Vec<(Part, usize)>>);

impl Calendar {
    /// Makes a map of local days with their places.
    pub fn of(days: impl IntoIterator<Item = (usize, LocalDay)>) -> Self {
        let mut calendar: HashMap<NaiveDate, Vec<(Part, usize)>> = HashMap::new();
        for (index, local) in days {
            for part in parts_of(local) {
                calendar.entry(part.day).or_default().push((part, index));
            }
        }
        Self(calendar)
    }

    /// Returns the local day of each quarter of a day, if it has any.
    fn quarters(&self, day: NaiveDate) -> Option<[Option<usize>; QUARTERS as usize]> {
        let mut quarters = [None; QUARTERS as usize];
        for (part, index) in self.0.get(&day)? {
            quarters[usize::from(part.from)..usize::from(part.to)].fill(Some(*index));
        }
        Some(quarters)
    }

    /// Returns how many views of a day (UTC) are in local days.
    pub fn views(&self, row: &ReadDay) -> i64 {
        let Some(quarters) = self.quarters(row.day) else { return 0 };
        let views = row.views.quarters().iter();
        let inside = views.filter(|(quarter, _)| quarters[usize::from(*quarter)].is_some());
        inside.map(|(_, views)| i64::from(*views)).sum()
    }

    /// Counts the views of days (UTC), of one prompt or several, in local days; returns the figures by place.
    ///
    /// Where entries are a sample, numbers of viewers are estimates.
    pub fn count(&self, rows: &[ReadDay]) -> HashMap<usize, DayFigures> {
        let mut figures: HashMap<usize, DayFigures> = HashMap::new();
        let mut bounds: HashMap<usize, Viewer> = HashMap::new();
        // By place: days have many viewers, and a period few days.
        let mut seen: Vec<Vec<Viewer>> = vec![Vec::new(); self.places()];
        for row in rows {
            let Some(quarters) = self.quarters(row.day) else { continue };
            let of_quarter = |quarter: &u8| quarters[usize::from(*quarter)];
            for (quarter, views) in row.views.quarters() {
                if let Some(index) = of_quarter(quarter) {
                    figures.entry(index).or_default().views += i64::from(*views);
                }
            }
            if let Some(below) = row.complete_below {
                for index in quarters.iter().flatten() {
                    let bound = bounds.entry(*index).or_insert(below);
                    *bound = below.min(*bound);
                }
            }
            for (viewer, quarter) in row.views.entries() {
                if let Some(index) = of_quarter(quarter) {
                    seen[index].push(*viewer);
                }
            }
        }
        for (index, mut viewers) in seen.into_iter().enumerate() {
            if viewers.is_empty() {
                continue;
            }
            let bound = bounds.get(&index).copied();
            viewers.retain(|viewer| is_below(*viewer, bound));
            // Stable, since that sort takes the sorted runs as they are, of which a day has few.
            viewers.sort();
            viewers.dedup();
            let anonymous = viewers.iter().filter(|viewer| viewer.is_anonymous()).count();
            let of_day = figures.entry(index).or_default();
            of_day.viewers = scaled(number(viewers.len()), bound);
            of_day.anonymous = scaled(number(anonymous), bound);
        }
        figures
    }

    /// Returns the number of places, with those that no local day has.
    fn places(&self) -> usize {
        let places = self.0.values().flatten().map(|(_, index)| index + 1);
        places.max().unwrap_or_default()
    }

    /// Returns the accounts that viewed within local days, row by row, and the bound below which they
    /// are complete. An account may be among them several times.
    pub fn accounts(&self, rows: &[ReadDay]) -> (Vec<Viewer>, Option<Viewer>) {
        let entries = rows.iter().map(|row| row.views.entries().len());
        let mut accounts: Vec<Viewer> = Vec::with_capacity(entries.sum());
        let mut bound = None;
        for row in rows {
            let Some(quarters) = self.quarters(row.day) else { continue };
            bound = lower(bound, row.complete_below);
            let entries = row.views.entries().iter().filter(|(viewer, quarter)| {
                !viewer.is_anonymous() && quarters[usize::from(*quarter)].is_some()
            });
            accounts.extend(entries.map(|(viewer, _)| *viewer));
        }
        (accounts, bound)
    }

    /// Counts the viewers within local days: accounts once, and others once a day.
    pub fn unique_viewers(&self, rows: &[ReadDay], is_one_day: bool) -> i64 {
        let figures = self.count(rows).into_values();
        if is_one_day {
            return figures.map(|of_day| of_day.viewers).sum();
        }
        let (accounts, bound) = self.accounts(rows);
        let below = accounts.iter().copied().filter(|viewer| is_below(*viewer, bound));
        let accounts = scaled(count_distinct(below), bound);
        accounts + figures.map(|of_day| of_day.anonymous).sum::<i64>()
    }
}

/// Counts the distinct ones of some viewers.
pub fn count_distinct(viewers: impl Iterator<Item = Viewer> + Clone) -> i64 {
    // Sorting would merge as many runs as there are days, which takes several times as long. The set gets the
    // right size at once: growing, it would hash everything twice.
    let mut seen = FxHashSet::with_capacity_and_hasher(viewers.clone().count(), FxBuildHasher);
    seen.extend(viewers);
    number(seen.len())
}

/// Tells whether a viewer is below a bound; `None` is none.
pub fn is_below(viewer: Viewer, bound: Option<Viewer>) -> bool {
    bound.is_none_or(|bound| viewer < bound)
}

/// Returns the lower of two bounds; `None` is none.
pub fn lower(one: Option<Viewer>, other: Option<Viewer>) -> Option<Viewer> {
    [one, other].into_iter().flatten().min()
}

fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

/// Returns the share of all viewers that is below a bound.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
pub fn share_below(bound: Option<Viewer>) -> f64 {
    bound.map_or(1.0, |Viewer(bound)| bound.max(1) as f64 / u64::MAX as f64)
}

/// Returns the number of all viewers, of which `kept` are below the bound.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an estimate")]
pub fn scaled(kept: i64, bound: Option<Viewer>) -> i64 {
    if bound.is_none() {
        return kept;
    }
    (kept as f64 / share_below(bound)).round() as i64
}
