//! Counting the raw events again.

use std::collections::HashMap;

use chrono::{Months, NaiveDate};
use futures_util::TryStreamExt;
use ids::PromptId;
use sqlx::{Connection, PgConnection};
use timestamp::Timestamp;

use super::merge_deltas::merge_all;
use crate::{
    domain::{
        CANDIDATES, DayViews, Viewer,
        quarter::{day_and_quarter, midnight, next_day},
    },
    repo::{
        closed_days, closed_spans,
        prompt_days::{self, PromptDay},
        prompt_scores,
        prompt_view_deltas::{self, Delta},
        raw_events::{self, RawView},
        retention, trending_candidates,
    },
};

/// The number of days of prompts that are written at once.
const CHUNK: usize = 10_000;

/// Rebuilds the rollups if a migration asked for it, and nobody has done so since.
///
/// # Errors
/// When the database is away; then nothing is changed.
pub async fn rebuild_if_needed(
    connection: &mut PgConnection,
    progress: impl FnMut(NaiveDate, u64),
) -> sqlx::Result<()> {
    if retention::is_rebuild_needed(connection).await? {
        run(connection, true, progress).await?;
    }
    Ok(())
}

/// Counts all raw events again, in one transaction, and replaces the rollups of the days that raw events
/// still cover; those of dropped months stay. No event is applied meanwhile. `progress` is called after each
/// day, with the number of views so far; returns that number at the end.
///
/// # Errors
/// When the database is away; then nothing is changed.
pub async fn rebuild(
    connection: &mut PgConnection,
    progress: impl FnMut(NaiveDate, u64),
) -> sqlx::Result<u64> {
    run(connection, false, progress).await
}

async fn run(
    connection: &mut PgConnection,
    only_if_needed: bool,
    mut progress: impl FnMut(NaiveDate, u64),
) -> sqlx::Result<u64> {
    let mut tx = connection.begin().await?;
    retention::lift_time_limits(&mut tx).await?;
    retention::lock_exclusive(&mut tx).await?;
    retention::lock_merge(&mut tx).await?;
    if only_if_needed && !retention::is_rebuild_needed(&mut tx).await? {
        return Ok(0);
    }
    // What is not merged yet may be of days whose raw events were dropped.
    merge_all(&mut tx).await?;
    let first = retention::first_day(&mut tx).await?;
    raw_events::delete_counts(&mut tx, first).await?;
    closed_days::delete_all(&mut tx).await?;
    closed_spans::delete_all(&mut tx).await?;
    raw_events::summarize(&mut tx).await?;
    let now = Timestamp::now();
    let mut views = 0;
    for month in raw_events::months(&mut tx).await? {
        let end = month.checked_add_months(Months::new(1)).unwrap_or(month);
        let mut day = month;
        while day < end {
            if first.is_none_or(|first| day >= first) {
                views += rebuild_day(&mut tx, day, now).await?;
                progress(day, views);
            }
            day = next_day(day);
        }
    }
    raw_events::count_rest(&mut tx, now).await?;
    prompt_scores::recompute(&mut tx).await?;
    trending_candidates::choose(&mut tx, CANDIDATES).await?;
    retention::set_rebuilt(&mut tx).await?;
    tx.commit().await?;
    Ok(views)
}

/// Counts the raw events of a day (UTC); what lies ahead of `now` becomes deltas. Returns the number of
/// views.
async fn rebuild_day(
    connection: &mut PgConnection,
    day: NaiveDate,
    now: Timestamp,
) -> sqlx::Result<u64> {
    let (start, end) = (midnight(day), midnight(next_day(day)));
    let mut by_prompt: HashMap<PromptId, Vec<(u8, Option<Viewer>)>> = HashMap::new();
    let mut ahead = Vec::new();
    let mut count = 0;
    let mut views = raw_events::views(connection, start, end);
    while let Some(view) = views.try_next().await? {
        count += 1;
        let (_, quarter) = day_and_quarter(view.event_time);
        let seen = (quarter, viewer_of(&view));
        if view.event_time > now {
            let views = DayViews::of_views([seen]);
            let delta = Delta { prompt_id: view.prompt_id, day, views };
            ahead.push((delta, Some(view.event_time)));
        } else {
            by_prompt.entry(view.prompt_id).or_default().push(seen);
        }
    }
    drop(views);
    let mut days = by_prompt.into_iter().map(|(prompt_id, views)| {
        let views = DayViews::of_views(views);
        PromptDay { prompt_id, day, views }
    });
    loop {
        let chunk: Vec<PromptDay> = days.by_ref().take(CHUNK).collect();
        if chunk.is_empty() {
            break;
        }
        prompt_days::upsert(connection, &chunk).await?;
    }
    if !ahead.is_empty() {
        prompt_view_deltas::insert(connection, &ahead).await?;
    }
    if start <= now.0 {
        // Up to the microsecond after `now`, which Postgres tells apart.
        let end = end.min(now.0 + chrono::TimeDelta::microseconds(1));
        raw_events::count_day(connection, start, end).await?;
    }
    Ok(count)
}

fn viewer_of(view: &RawView) -> Option<Viewer> {
    let account = view.user_id.map(Viewer::account);
    account.or_else(|| view.viewer.map(Viewer::anonymous))
}
