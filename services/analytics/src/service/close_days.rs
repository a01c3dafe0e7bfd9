//! Closing days and months that are over: what answers would have to count again each time is counted once.
//!
//! Closed rows are derived from `prompt_days` alone, and written and deleted under the lock of merging: no
//! row is computed from days that a merge is changing. A merge deletes the rows of the days that it changes.

use std::collections::{HashMap, HashSet};

use chrono::{Days, NaiveDate};
use ids::PromptId;
use sqlx::{PgConnection, PgPool, types::Uuid};

pub use super::closing_thresholds::Thresholds;
use super::{
    close_spans::close_spans,
    closed_rows::{Rows, Work},
    closing_thresholds::{QUEUED_ENTRIES, Size},
};
use crate::{
    domain::{period_layout::month_of, quarter::next_day},
    repo::{
        closed_days::{self, NewRow},
        closed_spans,
        closing_queue::{self, Queued},
        prompt_authors,
        prompt_days::{self, DayRange, PromptDay},
        retention,
    },
};

/// The most days and months of one transaction, the most prompts of theirs, and the most entries (9 bytes
/// each, 16 in memory) that it reads unless a single one has more.
const BATCH: i64 = 500;
const MOST_RANGES: usize = 20_000;
const MOST_ENTRIES: i64 = 2_000_000;

/// The most changes of authors that one transaction follows.
const CHANGES: i64 = 1000;

/// Closes some of the days and months that are over by `closable`; returns whether more are due. Does
/// nothing while deltas are merged.
pub async fn close_days(
    pool: &PgPool,
    thresholds: &Thresholds,
    closable: NaiveDate,
) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !retention::try_lock_merge(&mut tx).await? {
        return Ok(false);
    }
    let changes = closing_queue::take_changes(&mut tx, CHANGES).await?;
    if !changes.is_empty() {
        let authors: Vec<Uuid> = changes.iter().map(|change| change.user_id.0).collect();
        let prompts: Vec<Uuid> = changes.iter().map(|change| change.prompt_id.0).collect();
        closing_queue::reopen_authors(&mut tx, &authors, &prompts).await?;
        closed_spans::reopen_authors(&mut tx, &authors, &prompts).await?;
    }
    if close_spans(&mut tx, &thresholds.spans, closable).await? {
        tx.commit().await?;
        return Ok(true);
    }
    queue_new_days(&mut tx, thresholds, closable).await?;
    let keys = closing_queue::take(&mut tx, closable, BATCH).await?;
    let is_full = keys.len() == BATCH as usize || changes.len() == CHANGES as usize;
    let was_put_back = close(&mut tx, thresholds, keys).await?;
    tx.commit().await?;
    Ok(is_full || was_put_back)
}

/// Deletes what is closed of days that were merged, and queues large ones.
pub async fn reopen_days(connection: &mut PgConnection, merged: &[PromptDay]) -> sqlx::Result<()> {
    // The day after a closed one is a part of its windows.
    let days_until = closing_queue::queued_until(connection).await?.map(next_day);
    let until = days_until.max(closed_spans::until(connection).await?);
    let late = merged.iter().filter(|row| until.is_some_and(|until| row.day <= until));
    let (prompts, days): (Vec<Uuid>, Vec<NaiveDate>) =
        late.map(|row| (row.prompt_id.0, row.day)).unzip();
    if !prompts.is_empty() {
        closed_days::reopen(connection, &prompts, &days).await?;
        closed_spans::reopen(connection, &prompts, &days).await?;
    }
    let is_large = |row: &&PromptDay| row.views.entries().len() > QUEUED_ENTRIES as usize;
    let keys = merged.iter().filter(is_large).flat_map(|row| {
        let before = row.day.checked_sub_days(Days::new(1)).unwrap_or(row.day);
        [before, row.day].map(|day| prompt_key(row.prompt_id.0, day))
    });
    let keys: Vec<Queued> = keys.collect();
    match keys.is_empty() {
        true => Ok(()),
        false => closing_queue::put(connection, &keys).await,
    }
}

fn prompt_key(subject_id: Uuid, day: NaiveDate) -> Queued {
    Queued { subject_id, is_author: false, is_month: false, day }
}

/// Queues what nothing else queues: everything at first, and then each day of the authors of many prompts.
async fn queue_new_days(
    connection: &mut PgConnection,
    thresholds: &Thresholds,
    closable: NaiveDate,
) -> sqlx::Result<()> {
    let until = closing_queue::queued_until(connection).await?;
    if until.is_some_and(|until| until >= closable) {
        return Ok(());
    }
    retention::lift_time_limits(connection).await?;
    if until.is_none() {
        closing_queue::put_large_days(connection, thresholds.queued_entries, closable).await?;
    }
    let prompts = i64::try_from(thresholds.author_prompts).unwrap_or(i64::MAX);
    let first = until.map(next_day);
    closing_queue::put_productive_authors(connection, prompts, first, closable).await?;
    closing_queue::set_queued_until(connection, closable).await
}

/// Closes days and months; returns whether some were put back, since they would be too many at once.
async fn close(
    connection: &mut PgConnection,
    thresholds: &Thresholds,
    keys: Vec<Queued>,
) -> sqlx::Result<bool> {
    if keys.is_empty() {
        return Ok(false);
    }
    let (work, put_back) = plan(connection, thresholds, keys).await?;
    closing_queue::put(connection, &put_back).await?;
    let worth_it = || work.iter().filter(|work| thresholds.close_day(&work.size));
    let ranges: Vec<DayRange> = worth_it().flat_map(Work::ranges).collect();
    if !ranges.is_empty() {
        let rows = prompt_days::in_ranges(connection, &ranges, f64::INFINITY).await?;
        let rows = rows.into_iter().map(|row| ((row.day.prompt_id, row.day.day), row.day.views));
        let rows: Rows = rows.collect();
        let closed = worth_it().flat_map(|work| work.compute(thresholds, &rows));
        let mut closed: Vec<NewRow> = closed.collect();
        // A day may have been queued beside its month.
        closed.sort_by_key(|row| row.key);
        closed.dedup_by_key(|row| row.key);
        closed_days::insert(connection, &closed).await?;
    }
    let followers = followers(connection, &work).await?;
    closing_queue::put(connection, &followers).await?;
    Ok(!put_back.is_empty())
}

/// Finds what keys are computed from; returns those of one transaction, and the others.
async fn plan(
    connection: &mut PgConnection,
    thresholds: &Thresholds,
    keys: Vec<Queued>,
) -> sqlx::Result<(Vec<Work>, Vec<Queued>)> {
    let authors: HashSet<Uuid> =
        keys.iter().filter(|key| key.is_author).map(|key| key.subject_id).collect();
    let authors: Vec<Uuid> = authors.into_iter().collect();
    let mut written: HashMap<Uuid, Vec<PromptId>> = HashMap::new();
    for (author, prompt) in prompt_authors::prompts_of_authors(&mut *connection, &authors).await? {
        written.entry(author).or_default().push(prompt);
    }
    let mut put_back = Vec::new();
    let (mut work, mut ranges): (Vec<Work>, Vec<DayRange>) = (Vec::new(), Vec::new());
    for key in keys {
        let prompts = match key.is_author {
            true => written.get(&key.subject_id).cloned().unwrap_or_default(),
            false => vec![PromptId(key.subject_id)],
        };
        if !work.is_empty() && ranges.len() + prompts.len() > MOST_RANGES {
            put_back.push(key);
            continue;
        }
        let author_prompts = key.is_author.then_some(prompts.len());
        let of_key = Work { key, prompts, size: Size { author_prompts, ..Size::default() } };
        ranges.extend(of_key.ranges());
        work.push(of_key);
    }
    let mut sizes = prompt_days::sizes(connection, &ranges).await?.into_iter();
    let mut entries = 0;
    let mut fitting = Vec::with_capacity(work.len());
    for mut work in work {
        for size in sizes.by_ref().take(work.prompts.len()) {
            work.size.entries += size.entries;
            work.size.days += size.days;
        }
        let read = if thresholds.close_day(&work.size) { work.size.entries } else { 0 };
        if entries > 0 && entries + read > MOST_ENTRIES {
            put_back.push(work.key);
            continue;
        }
        entries += read;
        fitting.push(work);
    }
    Ok((fitting, put_back))
}

/// Returns what follows from days, their months; and for prompts, the days and months of their authors.
async fn followers(connection: &mut PgConnection, work: &[Work]) -> sqlx::Result<Vec<Queued>> {
    let keys = || work.iter().map(|work| work.key);
    let of_prompts: Vec<Uuid> =
        keys().filter(|key| !key.is_author).map(|key| key.subject_id).collect();
    let authors: HashMap<Uuid, Uuid> =
        prompt_authors::authors_of(connection, &of_prompts).await?.into_iter().collect();
    let days = keys().filter(|key| !key.is_month);
    let months = days.map(|key| Queued { is_month: true, day: month_of(key.day), ..key });
    let of_authors = keys().filter(|key| !key.is_author).filter_map(|key| {
        let subject_id = *authors.get(&key.subject_id)?;
        Some(Queued { subject_id, is_author: true, ..key })
    });
    Ok(months.chain(of_authors).collect())
}
