//! Reading the days of prompts that are not closed: from closed spans where there are some, else one by one.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use chrono::{Days, NaiveDate};
use ids::PromptId;
use sqlx::{PgConnection, types::Uuid};
use timestamp::Timestamp;

use super::period_draft::{Draft, Subject, runs};
use crate::{
    domain::{
        DayViews,
        period_layout::Layout,
        period_views::{ReadDay, lower},
        quarter::span_of,
    },
    repo::{
        closed_spans::{self, SpanRange},
        prompt_days::{self, DayRange, PartialDay, PromptDay},
    },
};

/// Of a day with more viewers, only this many are read: the error of an estimate is then 0.4 % (one standard
/// deviation).
const MOST_VIEWERS: f64 = 60_000.0;

/// The most prompts of an author whose own spans are looked for: with more, few days are not closed.
const FEW_PROMPTS: usize = 64;

/// The days of prompts that were read.
#[derive(Default)]
struct Found {
    days: HashMap<PromptId, BTreeMap<NaiveDate, ReadDay>>,
    /// The last day that was read with each span, by subject and the span's first day.
    spans: HashMap<(Uuid, NaiveDate), NaiveDate>,
}

/// Reads the days that are not closed, with what is not merged; in the order of `subjects`.
pub async fn read_open_days(
    connection: &mut PgConnection,
    subjects: &[Subject],
    drafts: &[Draft],
    layout: &Layout<'_>,
) -> sqlx::Result<Vec<Vec<(PromptId, ReadDay)>>> {
    let mut found = Found::default();
    let with_drafts = || subjects.iter().zip(drafts);
    let authors = with_drafts().filter(|(subject, _)| subject.by_prompt && subject.has_closed);
    let of_authors = authors.flat_map(|(subject, draft)| {
        let range = |(first, last)| SpanRange { subject_id: subject.id, first, last };
        span_runs(closable_spans(draft)).into_iter().map(range).collect::<Vec<_>>()
    });
    found.read_spans(connection, &of_authors.collect::<Vec<_>>(), drafts).await?;
    let with_few = with_drafts().filter(|(subject, _)| subject.prompts.len() <= FEW_PROMPTS);
    let of_prompts: Vec<SpanRange> =
        with_few.flat_map(|(subject, draft)| found.missing_spans(subject, draft)).collect();
    found.read_spans(connection, &of_prompts, drafts).await?;
    let ranges: Vec<DayRange> = with_drafts()
        .flat_map(|(subject, draft)| found.missing_days(subject, draft, layout))
        .collect();
    if !ranges.is_empty() {
        for row in prompt_days::in_ranges(connection, &ranges, MOST_VIEWERS).await? {
            found.add(row);
        }
    }
    Ok(with_drafts().map(|(subject, draft)| found.take(subject, draft)).collect())
}

/// Returns the spans with a day to read that may be closed.
fn closable_spans(draft: &Draft) -> BTreeSet<NaiveDate> {
    let today = Timestamp::now().0.date_naive();
    let closable = today.checked_sub_days(Days::new(2)).unwrap_or(today);
    draft.read.iter().filter(|day| **day <= closable).map(|day| span_of(*day)).collect()
}

/// Returns spans as ranges, without those that lie between them.
fn span_runs(spans: impl IntoIterator<Item = NaiveDate>) -> Vec<(NaiveDate, NaiveDate)> {
    let mut runs: Vec<(NaiveDate, NaiveDate)> = Vec::new();
    for span in spans {
        match runs.last_mut() {
            Some((_, last)) if *last + Days::new(28) == span => *last = span,
            _ => runs.push((span, span)),
        }
    }
    runs
}

impl Found {
    async fn read_spans(
        &mut self,
        connection: &mut PgConnection,
        ranges: &[SpanRange],
        drafts: &[Draft],
    ) -> sqlx::Result<()> {
        if ranges.is_empty() {
            return Ok(());
        }
        // One draft has all days of any other: days that a subject does not read are passed over later.
        let is_read = |day| drafts.iter().any(|draft| draft.read.contains(&day));
        for span in closed_spans::in_ranges(connection, ranges).await? {
            self.spans.insert((span.subject_id, span.first_day), span.last_day);
            for day in span.days(is_read) {
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

    /// Returns the spans of a subject's prompts that were not read with the subject's.
    fn missing_spans(&self, subject: &Subject, draft: &Draft) -> Vec<SpanRange> {
        let missing = closable_spans(draft)
            .into_iter()
            .filter(|span| !self.spans.contains_key(&(subject.id, *span)));
        let runs = span_runs(missing);
        let of_prompt = |prompt: &PromptId| {
            let subject_id = prompt.0;
            runs.iter().map(move |(first, last)| SpanRange {
                subject_id,
                first: *first,
                last: *last,
            })
        };
        subject.prompts.iter().flat_map(of_prompt).collect()
    }

    /// Tells whether a day of a subject was read with its span.
    fn has_day(&self, subject: Uuid, day: NaiveDate) -> bool {
        self.spans.get(&(subject, span_of(day))).is_some_and(|last| day <= *last)
    }

    /// Returns the days to read that are in none of the spans that were read.
    fn missing_days(&self, subject: &Subject, draft: &Draft, layout: &Layout<'_>) -> Vec<DayRange> {
        let share = draft.sampled_share(subject.id, layout);
        let is_missing = |prompt: Uuid, day: &NaiveDate| {
            !self.has_day(subject.id, *day) && !self.has_day(prompt, *day)
        };
        let ranges = |prompt_id: PromptId| {
            let missing =
                draft.read.iter().copied().filter(move |day| is_missing(prompt_id.0, day));
            let (sampled, counted): (Vec<NaiveDate>, Vec<NaiveDate>) =
                missing.partition(|day| draft.sampled.contains(day));
            [(sampled, share), (counted, 1.0)].into_iter().flat_map(move |(days, share)| {
                let range = move |(first, last)| DayRange { prompt_id, first, last, share };
                runs(days).into_iter().map(range)
            })
        };
        subject.prompts.iter().copied().flat_map(ranges).collect()
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
