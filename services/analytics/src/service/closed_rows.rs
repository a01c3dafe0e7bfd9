//! Computing closed days and months from days of prompts.

use std::collections::HashMap;

use chrono::NaiveDate;
use ids::PromptId;

use super::closing_thresholds::{Size, Thresholds};
use crate::{
    domain::{
        DayViews, Viewer,
        closed_days::{
            accounts, encoded_accounts, encoded_month, encoded_prompts, encoded_windows,
        },
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
    /// The size of what is read.
    pub size: Size,
}

/// Days of prompts.
pub type Rows = HashMap<(PromptId, NaiveDate), DayViews>;

/// The views of a prompt on some day.
type Viewed<'a> = (PromptId, &'a DayViews);

impl Work {
    /// Returns the last day that is counted.
    fn last(&self) -> NaiveDate {
        if self.key.is_month { last_of_month(self.key.day) } else { self.key.day }
    }

    /// Returns what is read: also the day after, which is a part of windows.
    pub fn ranges(&self) -> impl Iterator<Item = DayRange> {
        let (first, last) = (self.key.day, next_day(self.last()));
        self.prompts.iter().map(move |prompt_id| DayRange {
            prompt_id: *prompt_id,
            first,
            last,
            share: 1.0,
        })
    }

    /// Counts a day, or a month and its days; returns what is worth closing.
    pub fn compute(&self, thresholds: &Thresholds, rows: &Rows) -> Vec<NewRow> {
        let Queued { subject_id, is_month, day, .. } = self.key;
        let days: Vec<NaiveDate> = day.iter_days().take_while(|day| *day <= self.last()).collect();
        let with_next = day.iter_days().take(days.len() + 1);
        let viewed: Vec<Vec<Viewed<'_>>> = with_next.map(|day| self.viewed_on(day, rows)).collect();
        let of_month = viewed[..days.len()].concat();
        let is_month = is_month && thresholds.close_month(&self.size_of(&of_month));
        let mut sums: Vec<Option<DayViews>> = vec![None; viewed.len()];
        let mut closed = Vec::with_capacity(days.len() + 1);
        let mut of_days = Vec::with_capacity(days.len());
        for (place, day) in days.iter().enumerate() {
            let is_closed = thresholds.close_day(&self.size_of(&viewed[place..place + 2].concat()));
            if !is_closed && !is_month {
                continue;
            }
            for place in [place, place + 1] {
                let views = viewed[place].iter().map(|(_, views)| *views);
                sums[place].get_or_insert_with(|| DayViews::sum(views));
            }
            let windows = match &sums[place..place + 2] {
                [Some(one), Some(next)] => encoded_windows(one, next),
                _ => continue,
            };
            if is_closed {
                let key = ClosedKey { subject_id, is_month: false, day: *day };
                closed.push(self.new_row(key, &viewed[place], windows.clone()));
            }
            of_days.push((place, windows));
        }
        if is_month {
            let key = ClosedKey { subject_id, is_month, day };
            closed.push(self.new_row(key, &of_month, encoded_month(&of_days)));
        }
        closed
    }

    fn viewed_on<'a>(&self, day: NaiveDate, rows: &'a Rows) -> Vec<Viewed<'a>> {
        let of_prompt = |prompt: &PromptId| Some((*prompt, rows.get(&(*prompt, day))?));
        self.prompts.iter().filter_map(of_prompt).collect()
    }

    fn size_of(&self, days: &[Viewed<'_>]) -> Size {
        let entries: usize = days.iter().map(|(_, views)| views.entries().len()).sum();
        let number = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
        Size { entries: number(entries), days: number(days.len()), ..self.size }
    }

    fn new_row(&self, key: ClosedKey, days: &[Viewed<'_>], windows: Vec<u8>) -> NewRow {
        let sample = days.iter().map(|(_, views)| views.sample()).max().unwrap_or_default();
        let mut accounts = accounts(days.iter().map(|(_, views)| *views));
        let kept = DayViews::bound_of(sample).map_or(accounts.len(), |bound: Viewer| {
            accounts.partition_point(|account| *account < bound)
        });
        accounts.truncate(kept);
        let prompts = self.key.is_author.then(|| {
            let mut views: HashMap<PromptId, i64> = HashMap::new();
            for (prompt, of_prompt) in days {
                *views.entry(*prompt).or_default() += of_prompt.views();
            }
            encoded_prompts(views)
        });
        let accounts = encoded_accounts(&accounts);
        NewRow { key, sample: sample.into(), windows, accounts, prompts }
    }
}
