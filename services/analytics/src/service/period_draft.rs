//! What is known of a subject's period before entries are read, and what has to be read.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::types::Uuid;

use super::unique_accounts::{Source, share_of_at_least};
use crate::{
    domain::{
        closed_days::{DayFigures, decode_strip, decode_window},
        period_layout::{Layout, month_of},
        quarter::next_day,
    },
    repo::{
        closed_days::{ClosedDay, ClosedKey, ClosedMonth, SubjectDays},
        prompt_view_deltas::Delta,
    },
};

/// A prompt, or an author with their prompts.
#[derive(Clone, Debug)]
pub struct Subject {
    pub id: Uuid,
    pub prompts: Vec<PromptId>,
    /// False where what is closed may be wrong.
    pub has_closed: bool,
    /// Whether the views of each prompt are needed too.
    pub by_prompt: bool,
}

impl Subject {
    pub fn prompt(prompt: PromptId) -> Self {
        Self { id: prompt.0, prompts: vec![prompt], has_closed: true, by_prompt: false }
    }
}

/// A closed month, with windows of its days.
struct Month {
    accounts: i32,
    sample: i16,
    /// By the quarter that they begin with.
    strips: HashMap<u8, Vec<u8>>,
}

/// What is known of a subject before its entries are read.
#[derive(Default)]
pub struct Draft {
    closed: HashMap<NaiveDate, ClosedDay>,
    months: BTreeMap<NaiveDate, Month>,
    pub pending: Vec<Delta>,
    /// The places of the local days that are not closed.
    pub open: BTreeSet<usize>,
    /// The days (UTC) whose entries are read.
    pub read: BTreeSet<NaiveDate>,
    /// The days among them of which only accounts are needed, so that a sample is enough.
    pub sampled: BTreeSet<NaiveDate>,
}

impl Draft {
    /// Adds a closed month, unless what is not merged is of one of its days.
    pub fn add_month(&mut self, closed: ClosedMonth) {
        if self.pending.iter().any(|delta| month_of(delta.day) == closed.month) {
            return;
        }
        let (accounts, sample) = (closed.accounts, closed.sample);
        let new = || Month { accounts, sample, strips: HashMap::new() };
        let month = self.months.entry(closed.month).or_insert_with(new);
        month.strips.insert(u8::try_from(closed.quarter).unwrap_or_default(), closed.strip);
    }

    pub fn add_day(&mut self, day: ClosedDay) {
        self.closed.insert(day.day, day);
    }

    /// Tells whether a day is in a closed month.
    pub fn is_in_month(&self, day: NaiveDate) -> bool {
        self.months.contains_key(&month_of(day))
    }

    /// Returns the days that are in no closed month, as ranges.
    pub fn days_beside_months(&self, id: Uuid, layout: &Layout<'_>) -> Vec<SubjectDays> {
        let beside = layout.dates().filter(|day| !self.is_in_month(*day));
        let range = |(first, last)| SubjectDays { subject_id: id, first, last };
        runs(beside).into_iter().map(range).collect()
    }

    /// Returns what is closed of the 24 hours that begin with a quarter of a day.
    fn window(&self, (day, quarter): (NaiveDate, u8)) -> Option<DayFigures> {
        match self.months.get(&month_of(day)) {
            Some(month) => month.strips.get(&quarter).map(|strip| decode_strip(strip, day)),
            None => self.closed.get(&day).map(|closed| decode_window(&closed.window)),
        }
    }

    /// Decides what has to be read.
    pub fn plan(&mut self, subject: &Subject, layout: &Layout<'_>) {
        let pending: BTreeSet<NaiveDate> = self.pending.iter().map(|delta| delta.day).collect();
        let is_closed = |index: usize| {
            layout.window(index).and_then(|window| self.window(window)).is_some()
                && layout.parts[index].iter().all(|part| !pending.contains(&part.day))
        };
        self.open = (0..layout.days.len()).filter(|index| !is_closed(*index)).collect();
        let of_open = self.open.iter().flat_map(|index| &layout.parts[*index]);
        self.read = of_open.map(|part| part.day).collect();
        if layout.days.len() == 1 && !subject.by_prompt {
            // The viewers of the period are those of the day.
            return;
        }
        let counted = self.read.clone();
        self.read.extend(&layout.cut);
        let is_covered = |day: &NaiveDate| self.is_in_month(*day) || self.closed.contains_key(day);
        let uncovered: Vec<NaiveDate> =
            layout.whole_days().filter(|day| !is_covered(day)).collect();
        self.read.extend(uncovered);
        if !subject.by_prompt {
            self.sampled = self.read.difference(&counted).copied().collect();
        }
    }

    /// Returns the share of the accounts of sampled days that is enough. The period has at least the accounts
    /// of its largest month or day.
    pub fn sampled_share(&self, id: Uuid, layout: &Layout<'_>) -> f64 {
        let accounts = |source: Source| f64::from(source.count) * 2_f64.powi(source.sample.into());
        let largest = self.sources(id, layout).into_iter().map(accounts).fold(0.0, f64::max);
        share_of_at_least(largest)
    }

    /// Returns the closed days that are neither in a closed month nor among the entries.
    pub fn days(&self, layout: &Layout<'_>) -> impl Iterator<Item = &ClosedDay> {
        let other = |day: &NaiveDate| !self.read.contains(day) && !self.is_in_month(*day);
        layout.whole_days().filter(other).filter_map(|day| self.closed.get(&day))
    }

    /// Returns the first days of the closed months.
    pub fn months(&self) -> Vec<NaiveDate> {
        self.months.keys().copied().collect()
    }

    /// Returns the closed months and days whose accounts are not among the entries.
    pub fn sources(&self, id: Uuid, layout: &Layout<'_>) -> Vec<Source> {
        let key = |is_month, day| ClosedKey { subject_id: id, is_month, day };
        let months = self.months.iter().map(|(month, closed)| Source {
            key: key(true, *month),
            count: closed.accounts,
            sample: closed.sample,
        });
        let days = self.days(layout).map(|closed| Source {
            key: key(false, closed.day),
            count: closed.accounts,
            sample: closed.sample,
        });
        months.chain(days).collect()
    }

    pub fn figures(
        &self,
        index: usize,
        layout: &Layout<'_>,
        open: &HashMap<usize, DayFigures>,
    ) -> DayFigures {
        if self.open.contains(&index) {
            return open.get(&index).copied().unwrap_or_default();
        }
        layout.window(index).and_then(|window| self.window(window)).unwrap_or_default()
    }
}

/// Returns days, which are in order, as ranges of days that follow each other.
pub fn runs(days: impl IntoIterator<Item = NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for day in days {
        match runs.last_mut() {
            Some((_, last)) if next_day(*last) == day => *last = day,
            _ => runs.push((day, day)),
        }
    }
    runs
}
