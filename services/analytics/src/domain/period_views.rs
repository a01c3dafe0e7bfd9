//! Views and unique viewers of a period, from the days of rollups.

use std::collections::HashMap;

use chrono::NaiveDate;
use timestamp::Timestamp;

use super::{
    DayViews, LocalDay, Viewer,
    quarter::{QUARTERS, day_and_quarter, next_day, quarter_start},
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

/// A map from quarters of days (UTC) to the local days that they are in.
struct Calendar(HashMap<NaiveDate, [Option<u32>; QUARTERS as usize]>);

impl Calendar {
    fn of(days: &[LocalDay]) -> Self {
        let mut calendar = HashMap::new();
        for (index, local) in (0..).zip(days) {
            let (mut day, mut quarter) = day_and_quarter(local.start);
            while quarter_start(day, quarter.into()) < local.end {
                let quarters = calendar.entry(day).or_insert([None; QUARTERS as usize]);
                quarters[usize::from(quarter)] = Some(index);
                quarter += 1;
                if quarter == QUARTERS {
                    (day, quarter) = (next_day(day), 0);
                }
            }
        }
        Self(calendar)
    }
}

/// Counts the views of days (UTC), of one prompt or several, in local days.
///
/// Where entries are a sample, numbers of viewers are estimates.
pub fn count(rows: &[ReadDay], days: &[LocalDay]) -> PeriodViews {
    let calendar = Calendar::of(days);
    let mut series: Vec<DayCount> =
        days.iter().map(|day| DayCount { start: day.start, views: 0, unique_viewers: 0 }).collect();
    let mut seen: Vec<(Viewer, u32)> = Vec::new();
    let mut bound: Option<Viewer> = None;
    let mut bounds: Vec<Option<Viewer>> = vec![None; days.len()];
    for row in rows {
        let Some(quarters) = calendar.0.get(&row.day) else { continue };
        for (quarter, views) in row.views.quarters() {
            if let Some(index) = quarters[usize::from(*quarter)] {
                series[index as usize].views += i64::from(*views);
            }
        }
        if let Some(complete_below) = row.complete_below {
            bound = lower(bound, complete_below);
            for index in quarters.iter().flatten() {
                let of_day = &mut bounds[*index as usize];
                *of_day = lower(*of_day, complete_below);
            }
        }
        seen.extend(row.views.entries().iter().filter_map(|(viewer, quarter)| {
            quarters[usize::from(*quarter)].map(|index| (*viewer, index))
        }));
    }
    // Stable, since that sort takes the sorted runs as they are.
    seen.sort();
    seen.dedup();
    let unique_viewers = count_viewers(&seen, bound, &bounds, &mut series);
    PeriodViews { views: series.iter().map(|day| day.views).sum(), unique_viewers, series }
}

/// Counts viewers by local day into `series`, and returns those of the whole period.
fn count_viewers(
    seen: &[(Viewer, u32)],
    bound: Option<Viewer>,
    bounds: &[Option<Viewer>],
    series: &mut [DayCount],
) -> i64 {
    let is_below = |viewer: Viewer, bound: Option<Viewer>| bound.is_none_or(|b| viewer < b);
    let mut period = 0;
    let mut last = None;
    for (viewer, index) in seen {
        let index = *index as usize;
        if is_below(*viewer, bounds[index]) {
            series[index].unique_viewers += 1;
        }
        let is_new = viewer.is_anonymous() || last != Some(*viewer);
        last = Some(*viewer);
        if is_new && is_below(*viewer, bound) {
            period += 1;
        }
    }
    for (day, bound) in series.iter_mut().zip(bounds) {
        day.unique_viewers = scaled(day.unique_viewers, *bound);
    }
    scaled(period, bound)
}

fn lower(bound: Option<Viewer>, other: Viewer) -> Option<Viewer> {
    Some(bound.map_or(other, |bound| bound.min(other)))
}

/// Returns the number of all viewers, of which `kept` are below the bound.
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "an estimate")]
fn scaled(kept: i64, bound: Option<Viewer>) -> i64 {
    match bound {
        None => kept,
        Some(Viewer(bound)) => {
            (kept as f64 * (u64::MAX as f64 / bound.max(1) as f64)).round() as i64
        }
    }
}
