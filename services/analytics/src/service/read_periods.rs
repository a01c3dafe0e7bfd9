//! Reading periods of prompts and authors: what is closed, the days that are not, and what is not merged, in
//! one snapshot.
//!
//! A local day that is closed takes its figures from a window of 24 hours. The accounts of a period are
//! those of the closed months and days in it. Of all other days the entries are read: of the last days, of
//! those that the period begins and ends within, of days with a change of clocks, and of small ones, which
//! closed spans hold side by side.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, types::Uuid};

use super::{
    open_days::read_open_days,
    period_draft::{Draft, Subject},
    unique_accounts::{Accounts, count_accounts},
};
use crate::{
    domain::{
        DayCount, LocalDay, PeriodViews,
        period_layout::Layout,
        period_views::{Calendar, ReadDay},
    },
    repo::{
        closed_days::{self, SubjectDays},
        prompt_view_deltas,
    },
};

/// The period of a subject.
pub struct ReadPeriod {
    pub views: PeriodViews,
    /// The days that are in none of the closed months and days below, by prompt.
    pub open: BTreeMap<PromptId, Vec<ReadDay>>,
    /// The closed months and days that hold all other views, but for the parts of days at either end.
    pub months: Vec<NaiveDate>,
    pub days: Vec<NaiveDate>,
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
    let open = read_open_days(connection, subjects, &drafts, &layout).await?;
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
        // A closed month holds the views of all its days.
        if !draft.is_in_month(row.day) {
            open.entry(prompt).or_default().push(row);
        }
    }
    let days = draft.days(layout).map(|closed| closed.day).collect();
    let views = PeriodViews { views, unique_viewers, series };
    (ReadPeriod { views, open, months: draft.months(), days }, accounts)
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
    let (months, quarters) = layout.month_windows();
    if !months.is_empty() {
        for month in closed_days::months(connection, &ids, (&months, &quarters)).await? {
            drafts[places[&month.subject_id]].add_month(month);
        }
    }
    let beside =
        places.iter().flat_map(|(id, place)| drafts[*place].days_beside_months(*id, layout));
    let beside: Vec<SubjectDays> = beside.collect();
    if !beside.is_empty() {
        let (days, quarters) = layout.windows();
        for day in closed_days::days(connection, &beside, (&days, &quarters)).await? {
            drafts[places[&day.subject_id]].add_day(day);
        }
    }
    for (draft, subject) in drafts.iter_mut().zip(subjects) {
        draft.plan(subject, layout);
    }
    Ok(drafts)
}
