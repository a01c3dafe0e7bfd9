//! Reading periods of prompts and authors: what is closed, the days that are not, and what is not merged, in
//! one snapshot.
//!
//! A local day that is closed takes its figures from a window of 24 hours. The accounts of a period are
//! those of the closed months and days in it. Of all other days the entries are read: of the last days, of
//! those that the period begins and ends within, of days with a change of clocks, and of small ones.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, types::Uuid};

use super::unique_accounts::{Accounts, Source, count_accounts};
use crate::{
    domain::{
        DayCount, DayViews, LocalDay, PeriodViews,
        closed_days::{DayFigures, decode_window},
        period_layout::{Layout, last_of_month, month_of},
        period_views::{Calendar, ReadDay, lower},
        quarter::next_day,
    },
    repo::{
        closed_days::{self, ClosedDay, ClosedKey, ClosedMonth},
        prompt_days::{self, DayRange, PartialDay},
        prompt_view_deltas::{self, Delta},
    },
};

/// Of a day with more viewers, only this many are read: the error of an estimate is then 0.4 % (one standard
/// deviation).
const MOST_VIEWERS: i64 = 60_000;

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

/// The period of a subject.
pub struct ReadPeriod {
    pub views: PeriodViews,
    /// The days that are not closed, by prompt.
    pub open: BTreeMap<PromptId, Vec<ReadDay>>,
    /// The closed months and days that hold all other views, but for the parts of days at either end.
    pub months: Vec<NaiveDate>,
    pub days: Vec<NaiveDate>,
}

/// What is known of a subject before its entries are read.
#[derive(Default)]
struct Draft {
    closed: HashMap<NaiveDate, ClosedDay>,
    months: Vec<ClosedMonth>,
    pending: Vec<Delta>,
    /// The places of the local days that are not closed.
    open: BTreeSet<usize>,
    /// The days (UTC) whose entries are read.
    read: BTreeSet<NaiveDate>,
}

impl Draft {
    /// Decides what has to be read.
    fn plan(&mut self, subject: &Subject, layout: &Layout<'_>) {
        let pending: BTreeSet<NaiveDate> = self.pending.iter().map(|delta| delta.day).collect();
        let is_closed = |index: usize| {
            let window = layout.window(index);
            window.is_some_and(|(day, _)| self.closed.contains_key(&day))
                && layout.parts[index].iter().all(|part| !pending.contains(&part.day))
        };
        self.open = (0..layout.days.len()).filter(|index| !is_closed(*index)).collect();
        let of_open = self.open.iter().flat_map(|index| &layout.parts[*index]);
        self.read = of_open.map(|part| part.day).collect();
        if layout.days.len() == 1 && !subject.by_prompt {
            // The viewers of the period are those of the day.
            return;
        }
        self.read.extend(&layout.cut);
        self.read.extend(layout.whole_days().filter(|day| !self.closed.contains_key(day)));
    }

    /// Returns the days to read, as ranges.
    fn ranges(&self, prompts: &[PromptId]) -> Vec<DayRange> {
        let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
        for day in &self.read {
            match runs.last_mut() {
                Some((_, last)) if next_day(*last) == *day => *last = *day,
                _ => runs.push((*day, *day)),
            }
        }
        let of_prompt = |prompt_id: &PromptId| {
            let prompt_id = *prompt_id;
            runs.iter().map(move |(first, last)| DayRange { prompt_id, first: *first, last: *last })
        };
        prompts.iter().flat_map(of_prompt).collect()
    }

    /// Returns the closed months and days whose accounts are not among the entries.
    fn sources(&self, id: Uuid, layout: &Layout<'_>) -> Vec<Source> {
        let key = |is_month, day| ClosedKey { subject_id: id, is_month, day };
        let months = self.months.iter().map(|month| Source {
            key: key(true, month.month),
            count: month.accounts,
            sample: month.sample,
        });
        let is_in_month = |day| self.months.iter().any(|month| month.month == month_of(day));
        let other =
            layout.whole_days().filter(|day| !self.read.contains(day) && !is_in_month(*day));
        let days = other.filter_map(|day| self.closed.get(&day)).map(|closed| Source {
            key: key(false, closed.day),
            count: closed.accounts,
            sample: closed.sample,
        });
        months.chain(days).collect()
    }

    /// Returns the closed months without a day that is read, and the other closed days.
    fn disjoint(&self, layout: &Layout<'_>) -> (Vec<NaiveDate>, Vec<NaiveDate>) {
        let is_free =
            |month: &NaiveDate| self.read.range(*month..=last_of_month(*month)).next().is_none();
        let months: Vec<NaiveDate> =
            self.months.iter().map(|month| month.month).filter(is_free).collect();
        let is_other = |day: &NaiveDate| {
            self.closed.contains_key(day)
                && !self.read.contains(day)
                && !months.contains(&month_of(*day))
        };
        let days = layout.whole_days().filter(is_other).collect();
        (months, days)
    }

    fn figures(
        &self,
        index: usize,
        layout: &Layout<'_>,
        open: &HashMap<usize, DayFigures>,
    ) -> DayFigures {
        if self.open.contains(&index) {
            return open.get(&index).copied().unwrap_or_default();
        }
        let closed = layout.window(index).and_then(|(day, _)| self.closed.get(&day));
        closed.map(|closed| decode_window(&closed.window)).unwrap_or_default()
    }
}

/// Reads local days, which follow each other, of some subjects; nothing without days. All of it is of one
/// snapshot if `connection` is.
pub async fn read_periods(
    connection: &mut PgConnection,
    subjects: &[Subject],
    days: &[LocalDay],
) -> sqlx::Result<Vec<ReadPeriod>> {
    let Some(layout) = Layout::of(days) else { return Ok(Vec::new()) };
    let drafts = read_closed(connection, subjects, &layout).await?;
    let open = read_open(connection, subjects, &drafts).await?;
    let mut periods = Vec::with_capacity(subjects.len());
    let mut accounts = Vec::with_capacity(subjects.len());
    for ((subject, draft), open) in subjects.iter().zip(&drafts).zip(open) {
        let (period, of_period) = count_days(subject, draft, &layout, open);
        periods.push(period);
        accounts.push(of_period);
    }
    let counts = count_accounts(connection, &accounts).await?;
    for (period, accounts) in periods.iter_mut().zip(counts) {
        period.views.unique_viewers += accounts;
    }
    Ok(periods)
}

/// Counts the local days of a subject, and the viewers without an account; returns the accounts that are
/// still to be counted.
fn count_days(
    subject: &Subject,
    draft: &Draft,
    layout: &Layout<'_>,
    open: Vec<(PromptId, ReadDay)>,
) -> (ReadPeriod, Accounts) {
    let (prompts, rows): (Vec<PromptId>, Vec<ReadDay>) = open.into_iter().unzip();
    let calendar = Calendar::of(draft.open.iter().map(|index| (*index, layout.days[*index])));
    let of_open = calendar.count(&rows);
    let (mut anonymous, mut series) = (0, Vec::with_capacity(layout.days.len()));
    for (index, day) in layout.days.iter().enumerate() {
        let figures = draft.figures(index, layout, &of_open);
        anonymous += figures.anonymous;
        let (views, unique_viewers) = (figures.views, figures.viewers);
        series.push(DayCount { start: day.start, views, unique_viewers });
    }
    let mut accounts = Accounts::default();
    let unique_viewers = match series.as_slice() {
        [day] => day.unique_viewers,
        _ => {
            (accounts.read, accounts.read_below) = layout.calendar.accounts(&rows);
            accounts.sources = draft.sources(subject.id, layout);
            anonymous
        }
    };
    let views = series.iter().map(|day| day.views).sum();
    let mut open: BTreeMap<PromptId, Vec<ReadDay>> = BTreeMap::new();
    for (prompt, row) in prompts.into_iter().zip(rows) {
        open.entry(prompt).or_default().push(row);
    }
    let (months, days) = draft.disjoint(layout);
    let views = PeriodViews { views, unique_viewers, series };
    (ReadPeriod { views, open, months, days }, accounts)
}

/// Reads what is closed and what is not merged, and decides what else to read.
async fn read_closed(
    connection: &mut PgConnection,
    subjects: &[Subject],
    layout: &Layout<'_>,
) -> sqlx::Result<Vec<Draft>> {
    let mut drafts: Vec<Draft> = subjects.iter().map(|_| Draft::default()).collect();
    let with_closed = subjects.iter().enumerate().filter(|(_, subject)| subject.has_closed);
    let places: HashMap<Uuid, usize> =
        with_closed.map(|(place, subject)| (subject.id, place)).collect();
    let of_prompts = subjects.iter().enumerate();
    let of_prompts: HashMap<PromptId, usize> = of_prompts
        .flat_map(|(place, subject)| subject.prompts.iter().map(move |prompt| (*prompt, place)))
        .collect();
    let prompts: Vec<PromptId> = of_prompts.keys().copied().collect();
    let pending =
        prompt_view_deltas::of_prompts(&mut *connection, &prompts, layout.first, layout.last);
    for delta in pending.await? {
        drafts[of_prompts[&delta.prompt_id]].pending.push(delta);
    }
    let ids: Vec<Uuid> = places.keys().copied().collect();
    let (days, quarters) = layout.windows();
    for day in closed_days::days(connection, &ids, &days, &quarters).await? {
        drafts[places[&day.subject_id]].closed.insert(day.day, day);
    }
    let months = layout.whole_months();
    if !months.is_empty() {
        for month in closed_days::months(connection, &ids, &months).await? {
            drafts[places[&month.subject_id]].months.push(month);
        }
    }
    for (draft, subject) in drafts.iter_mut().zip(subjects) {
        draft.plan(subject, layout);
    }
    Ok(drafts)
}

/// Reads the days that are not closed, with what is not merged.
async fn read_open(
    connection: &mut PgConnection,
    subjects: &[Subject],
    drafts: &[Draft],
) -> sqlx::Result<Vec<Vec<(PromptId, ReadDay)>>> {
    let with_drafts = subjects.iter().zip(drafts);
    let ranges: Vec<DayRange> =
        with_drafts.flat_map(|(subject, draft)| draft.ranges(&subject.prompts)).collect();
    let rows = match ranges.is_empty() {
        true => Vec::new(),
        false => prompt_days::in_ranges(connection, &ranges, MOST_VIEWERS).await?,
    };
    let mut by_prompt: HashMap<PromptId, BTreeMap<NaiveDate, ReadDay>> = HashMap::new();
    for row in rows {
        by_prompt.entry(row.day.prompt_id).or_default().insert(row.day.day, read_day(row));
    }
    let read = subjects.iter().zip(drafts).map(|(subject, draft)| {
        let mut days = BTreeMap::new();
        for prompt in &subject.prompts {
            let of_prompt = by_prompt.remove(prompt).unwrap_or_default();
            days.extend(of_prompt.into_iter().map(|(day, row)| ((*prompt, day), row)));
        }
        for delta in &draft.pending {
            let day = delta.day;
            let empty = || ReadDay { day, views: DayViews::default(), complete_below: None };
            let row = days.entry((delta.prompt_id, day)).or_insert_with(empty);
            row.views.merge(&delta.views);
            row.complete_below = lower(row.complete_below, row.views.sampled_below());
        }
        days.into_iter().map(|((prompt, _), row)| (prompt, row)).collect()
    });
    Ok(read.collect())
}

fn read_day(PartialDay { day, is_whole }: PartialDay) -> ReadDay {
    let last = day.views.entries().last().filter(|_| !is_whole).map(|(viewer, _)| *viewer);
    let complete_below = lower(last, day.views.sampled_below());
    ReadDay { day: day.day, views: day.views, complete_below }
}
