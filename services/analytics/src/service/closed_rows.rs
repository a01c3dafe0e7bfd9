//! Computing closed days and months from days of prompts.

use std::collections::HashMap;

use chrono::NaiveDate;
use ids::PromptId;

use crate::{
    domain::{
        DayViews, Viewer,
        closed_days::{accounts, encoded_accounts, encoded_prompts, encoded_windows},
        period_layout::last_of_month,
        quarter::next_day,
    },
    repo::{
        closed_days::{ClosedKey, NewRow},
        closing_queue::Queued,
        prompt_days::DayRange,
    },
};

/// A day or a month to close, and what it is computed from.
pub struct Work {
    pub key: Queued,
    pub prompts: Vec<PromptId>,
    pub entries: i64,
    pub is_worth_it: bool,
}

impl Work {
    /// Returns the last day that is counted.
    fn last(&self) -> NaiveDate {
        if self.key.is_month { last_of_month(self.key.day) } else { self.key.day }
    }

    /// Returns what is read: also the day after, which is a part of windows.
    pub fn ranges(&self) -> impl Iterator<Item = DayRange> {
        self.until(next_day(self.last()))
    }

    /// Returns what decides whether it is worth it: of a day also the day after.
    pub fn sized(&self) -> impl Iterator<Item = DayRange> {
        self.until(if self.key.is_month { self.last() } else { next_day(self.last()) })
    }

    fn until(&self, last: NaiveDate) -> impl Iterator<Item = DayRange> {
        let first = self.key.day;
        self.prompts.iter().map(move |prompt_id| DayRange { prompt_id: *prompt_id, first, last })
    }
}

/// Days of prompts.
pub type Rows = HashMap<(PromptId, NaiveDate), DayViews>;

/// Counts a day or a month; with the month of an author of many prompts, each of its days: one by one, all
/// prompts would be looked for on each.
pub fn compute(work: &Work, author_prompts: usize, rows: &Rows) -> Vec<NewRow> {
    let Queued { is_author, is_month, day, .. } = work.key;
    let is_productive = is_author && work.prompts.len() > author_prompts;
    let mut closed = vec![compute_one(work, is_month, day, work.last(), rows)];
    if is_month && is_productive {
        let days = day.iter_days().take_while(|day| *day <= work.last());
        closed.extend(days.map(|day| compute_one(work, false, day, day, rows)));
    }
    closed
}

fn compute_one(
    work: &Work,
    is_month: bool,
    first: NaiveDate,
    last: NaiveDate,
    rows: &Rows,
) -> NewRow {
    let of_day = |day: NaiveDate| {
        let rows = work.prompts.iter().map(move |prompt| (*prompt, rows.get(&(*prompt, day))));
        rows.filter_map(|(prompt, views)| Some((prompt, views?)))
    };
    let days = || first.iter_days().take_while(|day| *day <= last).flat_map(of_day);
    let sample = days().map(|(_, views)| views.sample()).max().unwrap_or_default();
    let mut accounts = accounts(days().map(|(_, views)| views));
    let kept = DayViews::bound_of(sample).map_or(accounts.len(), |bound: Viewer| {
        accounts.partition_point(|account| *account < bound)
    });
    accounts.truncate(kept);
    let windows = match is_month {
        true => Vec::new(),
        false => {
            let sum = |day| DayViews::sum(of_day(day).map(|(_, views)| views));
            encoded_windows(&sum(first), &sum(next_day(first)))
        }
    };
    let prompts = work.key.is_author.then(|| {
        let mut views: HashMap<PromptId, i64> = HashMap::new();
        for (prompt, of_prompt) in days() {
            *views.entry(prompt).or_default() += of_prompt.views();
        }
        encoded_prompts(views)
    });
    let key = ClosedKey { subject_id: work.key.subject_id, is_month, day: first };
    let accounts = encoded_accounts(&accounts);
    NewRow { key, sample: sample.into(), windows, accounts, prompts }
}
