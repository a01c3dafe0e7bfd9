//! Reading days of prompts: merged and not, in one snapshot, and of the viewers no more than an answer
//! needs.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgPool};

use crate::{
    domain::{DayViews, LocalDay, Viewer, period_views::ReadDay, quarter::day_and_quarter},
    repo::{
        prompt_days::{self, DaySummary},
        prompt_view_deltas,
    },
};

/// A sample of viewers has at least so many: then the estimate is within 2 % (of 0.6 % standard error).
const SAMPLE: i64 = 30_000;

/// What the numbers of viewers have to be exact for, up to 10,000, and within 2 % beyond.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// Each local day, and the period.
    EachDay,
    /// The period only.
    Period,
}

type Key = (PromptId, NaiveDate);

/// Reads the days (UTC) that local days touch.
pub async fn read_days(
    pool: &PgPool,
    prompts: &[PromptId],
    days: &[LocalDay],
    precision: Precision,
) -> sqlx::Result<BTreeMap<PromptId, Vec<ReadDay>>> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(BTreeMap::new());
    };
    let (first, last) = (day_and_quarter(first.start).0, day_and_quarter(last.end).0);
    let mut snapshot = pool.begin_with("begin isolation level repeatable read read only").await?;
    let summaries = prompt_days::summaries(&mut snapshot, prompts, first, last).await?;
    let summaries: Vec<&DaySummary> = summaries.iter().collect();
    let pending = prompt_view_deltas::of_prompts(&mut *snapshot, prompts, first, last).await?;
    let counts = match precision {
        Precision::EachDay => summaries.iter().map(|day| of_day(day)).collect(),
        Precision::Period => of_period(&summaries),
    };
    let mut read = read_entries(&mut snapshot, &summaries, &counts).await?;
    if precision == Precision::Period {
        read_small_samples(&mut snapshot, &summaries, &mut read).await?;
    }
    snapshot.commit().await?;
    for delta in pending {
        let day = read.entry((delta.prompt_id, delta.day)).or_insert_with(|| ReadDay {
            day: delta.day,
            views: DayViews::default(),
            complete_below: None,
        });
        day.views.merge(&delta.views);
        day.complete_below = lower(day.complete_below, day.views.sampled_below());
    }
    let mut by_prompt: BTreeMap<PromptId, Vec<ReadDay>> = BTreeMap::new();
    for ((prompt, _), day) in read {
        by_prompt.entry(prompt).or_default().push(day);
    }
    Ok(by_prompt)
}

/// Returns how many entries a day's own estimate needs: all, unless it has viewers enough for a sample.
fn of_day(day: &DaySummary) -> i32 {
    let kept = day.viewers >> day.sample;
    share(day.entries, 2 * SAMPLE, kept)
}

/// Returns how many entries of each day the estimate of a period needs: of each prompt some `2 * SAMPLE`,
/// the same share of each of its days.
fn of_period(days: &[&DaySummary]) -> Vec<i32> {
    let mut totals: HashMap<PromptId, i64> = HashMap::new();
    for day in days {
        *totals.entry(day.prompt_id).or_default() += i64::from(day.entries);
    }
    let total = |day: &DaySummary| totals.get(&day.prompt_id).copied().unwrap_or_default();
    days.iter().map(|day| share(day.entries, 2 * SAMPLE, total(day))).collect()
}

/// Returns `count * wanted / total`, at most `count`.
fn share(count: i32, wanted: i64, total: i64) -> i32 {
    if total <= wanted {
        return count;
    }
    // A few more, since by chance a day has fewer low hashes than its share, and bounds all others then.
    let share = i64::from(count) * wanted / total + 64;
    i32::try_from(share).unwrap_or(count).min(count)
}

fn lower(one: Option<Viewer>, other: Option<Viewer>) -> Option<Viewer> {
    [one, other].into_iter().flatten().min()
}

/// Reads the first entries of days: so many as `counts` says.
async fn read_entries(
    connection: &mut PgConnection,
    days: &[&DaySummary],
    counts: &[i32],
) -> sqlx::Result<BTreeMap<Key, ReadDay>> {
    let (prompts, dates): (Vec<PromptId>, Vec<NaiveDate>) =
        days.iter().map(|day| (day.prompt_id, day.day)).unzip();
    let entries = prompt_days::first_entries(connection, &prompts, &dates, counts).await?;
    let read = days.iter().zip(entries).zip(counts).map(|((day, entries), count)| {
        let views = DayViews::decode(&day.quarters, &entries, day.sample);
        let is_whole = *count >= day.entries;
        let last = views.entries().last().filter(|_| !is_whole).map(|(viewer, _)| *viewer);
        let complete_below = lower(last, views.sampled_below());
        ((day.prompt_id, day.day), ReadDay { day: day.day, views, complete_below })
    });
    Ok(read.collect())
}

/// Reads the days of those prompts again, to the end, of whose viewers the sample has too few: they come
/// back often.
async fn read_small_samples(
    connection: &mut PgConnection,
    days: &[&DaySummary],
    read: &mut BTreeMap<Key, ReadDay>,
) -> sqlx::Result<()> {
    let mut by_prompt: BTreeMap<PromptId, Vec<&ReadDay>> = BTreeMap::new();
    for ((prompt, _), day) in &*read {
        by_prompt.entry(*prompt).or_default().push(day);
    }
    by_prompt.retain(|_, days| is_small_sample(days));
    let few: Vec<PromptId> = by_prompt.into_keys().collect();
    if few.is_empty() {
        return Ok(());
    }
    let again: Vec<&DaySummary> =
        days.iter().copied().filter(|day| few.binary_search(&day.prompt_id).is_ok()).collect();
    let counts: Vec<i32> = again.iter().map(|day| of_day(day)).collect();
    read.extend(read_entries(connection, &again, &counts).await?);
    Ok(())
}

/// Tells whether days are a sample with too few distinct viewers. Viewers without an account are others on
/// each day.
fn is_small_sample(days: &[&ReadDay]) -> bool {
    let Some(bound) = days.iter().filter_map(|day| day.complete_below).min() else { return false };
    let entries = |day: &&ReadDay| -> Vec<(Viewer, Option<NaiveDate>)> {
        let below = day.views.entries().iter().take_while(|(viewer, _)| *viewer < bound);
        let date = Some(day.day);
        below.map(|(viewer, _)| (*viewer, date.filter(|_| viewer.is_anonymous()))).collect()
    };
    let mut viewers: Vec<_> = days.iter().flat_map(entries).collect();
    viewers.sort();
    viewers.dedup();
    (viewers.len() as i64) < SAMPLE
}
