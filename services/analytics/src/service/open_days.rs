//! Reading the days of prompts that are not closed: from closed weeks where there are some, else one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use chrono::{Days, NaiveDate};
use ids::PromptId;
use sqlx::{PgConnection, types::Uuid};
use timestamp::Timestamp;

use super::period_draft::{Draft, Subject, runs};
use crate::{
    domain::{
        DayViews,
        period_views::{ReadDay, lower},
        quarter::{last_of_week, week_of},
    },
    repo::{
        closed_weeks::{self, WeekRange},
        prompt_days::{self, DayRange, PartialDay, PromptDay},
    },
};

/// Of a day with more viewers, only this many are read: the error of an estimate is then 0.4 % (one standard
/// deviation).
const MOST_VIEWERS: i64 = 60_000;

/// The most prompts of an author whose own weeks are looked for: with more, few days are not closed.
const FEW_PROMPTS: usize = 64;

/// The days of prompts that were read.
#[derive(Default)]
struct Found {
    days: HashMap<PromptId, BTreeMap<NaiveDate, ReadDay>>,
    /// The weeks of which all days were read, by subject.
    weeks: HashSet<(Uuid, NaiveDate)>,
}

/// Reads the days that are not closed, with what is not merged; in the order of `subjects`.
pub async fn read_open_days(
    connection: &mut PgConnection,
    subjects: &[Subject],
    drafts: &[Draft],
) -> sqlx::Result<Vec<Vec<(PromptId, ReadDay)>>> {
    let mut found = Found::default();
    let with_drafts = || subjects.iter().zip(drafts);
    let authors = with_drafts().filter(|(subject, _)| subject.by_prompt && subject.has_closed);
    let of_authors = authors.flat_map(|(subject, draft)| {
        let range = |(first, last)| WeekRange { subject_id: subject.id, first, last };
        week_runs(closable_weeks(draft)).into_iter().map(range).collect::<Vec<_>>()
    });
    found.read_weeks(connection, &of_authors.collect::<Vec<_>>(), drafts).await?;
    let with_few = with_drafts().filter(|(subject, _)| subject.prompts.len() <= FEW_PROMPTS);
    let of_prompts: Vec<WeekRange> =
        with_few.flat_map(|(subject, draft)| found.missing_weeks(subject, draft)).collect();
    found.read_weeks(connection, &of_prompts, drafts).await?;
    let ranges: Vec<DayRange> =
        with_drafts().flat_map(|(subject, draft)| found.missing_days(subject, draft)).collect();
    if !ranges.is_empty() {
        for row in prompt_days::in_ranges(connection, &ranges, MOST_VIEWERS).await? {
            found.add(row);
        }
    }
    Ok(with_drafts().map(|(subject, draft)| found.take(subject, draft)).collect())
}

/// Returns the weeks with a day to read that may be closed.
fn closable_weeks(draft: &Draft) -> BTreeSet<NaiveDate> {
    let today = Timestamp::now().0.date_naive();
    let closable = today.checked_sub_days(Days::new(2)).unwrap_or(today);
    let weeks: BTreeSet<NaiveDate> = draft.read.iter().map(|day| week_of(*day)).collect();
    weeks.into_iter().filter(|week| last_of_week(*week) <= closable).collect()
}

/// Returns weeks as ranges, without those that lie between them.
fn week_runs(weeks: impl IntoIterator<Item = NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for week in weeks {
        match runs.last_mut() {
            Some((_, last)) if *last + Days::new(7) == week => *last = week,
            _ => runs.push((week, week)),
        }
    }
    runs
}

impl Found {
    async fn read_weeks(
        &mut self,
        connection: &mut PgConnection,
        ranges: &[WeekRange],
        drafts: &[Draft],
    ) -> sqlx::Result<()> {
        if ranges.is_empty() {
            return Ok(());
        }
        // One draft has all days of any other: days that a subject does not read are passed over later.
        let is_read = |day| drafts.iter().any(|draft| draft.read.contains(&day));
        for week in closed_weeks::in_ranges(connection, ranges).await? {
            self.weeks.insert((week.subject_id, week.week));
            for day in week.days(is_read) {
                self.add(PartialDay { day, is_whole: true });
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        PartialDay { day: PromptDay { prompt_id, day, views }, is_whole }: PartialDay,
    ) {
        let last = views.entries().last().filter(|_| !is_whole).map(|(viewer, _)| *viewer);
        let complete_below = lower(last, views.sampled_below());
        let row = ReadDay { day, views, complete_below };
        self.days.entry(prompt_id).or_default().insert(day, row);
    }

    /// Returns the weeks of a subject's prompts that were not read with the subject's.
    fn missing_weeks(&self, subject: &Subject, draft: &Draft) -> Vec<WeekRange> {
        let missing = closable_weeks(draft)
            .into_iter()
            .filter(|week| !self.weeks.contains(&(subject.id, *week)));
        let runs = week_runs(missing);
        let of_prompt = |prompt: &PromptId| {
            let subject_id = prompt.0;
            runs.iter().map(move |(first, last)| WeekRange {
                subject_id,
                first: *first,
                last: *last,
            })
        };
        subject.prompts.iter().flat_map(of_prompt).collect()
    }

    /// Returns the days to read that are in none of the weeks that were read.
    fn missing_days(&self, subject: &Subject, draft: &Draft) -> Vec<DayRange> {
        let days: Vec<NaiveDate> = draft
            .read
            .iter()
            .copied()
            .filter(|day| !self.weeks.contains(&(subject.id, week_of(*day))))
            .collect();
        let of_prompt = |prompt_id: PromptId| {
            let is_missing = |day: &NaiveDate| !self.weeks.contains(&(prompt_id.0, week_of(*day)));
            let missing = days.iter().copied().filter(is_missing);
            runs(missing).into_iter().map(move |(first, last)| DayRange { prompt_id, first, last })
        };
        subject.prompts.iter().copied().flat_map(of_prompt).collect()
    }

    /// Takes the days of a subject, and adds what is not merged.
    fn take(&mut self, subject: &Subject, draft: &Draft) -> Vec<(PromptId, ReadDay)> {
        let mut days = BTreeMap::new();
        for prompt in &subject.prompts {
            let of_prompt = self.days.remove(prompt).unwrap_or_default().into_iter();
            let wanted = of_prompt.filter(|(day, _)| draft.read.contains(day));
            days.extend(wanted.map(|(day, row)| ((*prompt, day), row)));
        }
        for delta in &draft.pending {
            let day = delta.day;
            let empty = || ReadDay { day, views: DayViews::default(), complete_below: None };
            let row = days.entry((delta.prompt_id, day)).or_insert_with(empty);
            row.views.merge(&delta.views);
            row.complete_below = lower(row.complete_below, row.views.sampled_below());
        }
        days.into_iter().map(|((prompt, _), row)| (prompt, row)).collect()
    }
}
