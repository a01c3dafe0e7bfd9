//! Merging deltas into rollups.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgPool};

use super::close_days::reopen_days;
use crate::{
    domain::{
        DayViews,
        trending_score::{ScoreKeys, points},
    },
    repo::{
        activity_deltas,
        prompt_days::{self, PromptDay},
        prompt_scores::{self, Score},
        prompt_view_deltas, retention,
    },
};

/// The most deltas that one transaction merges.
const BATCH: i64 = 50_000;

/// Merges the oldest deltas into rollups; returns whether there may be more. Does nothing while another
/// instance merges.
pub async fn merge_deltas(pool: &PgPool) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !retention::try_lock_merge(&mut tx).await? {
        return Ok(false);
    }
    activity_deltas::merge(&mut tx).await?;
    let merged = merge_views(&mut tx).await?;
    tx.commit().await?;
    Ok(merged == BATCH as usize)
}

/// Merges all that count by now.
pub async fn merge_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    activity_deltas::merge(connection).await?;
    while merge_views(connection).await? > 0 {}
    Ok(())
}

/// Merges deltas of views; returns how many.
async fn merge_views(connection: &mut PgConnection) -> sqlx::Result<usize> {
    let taken = prompt_view_deltas::take(connection, BATCH).await?;
    let count = taken.len();
    if count == 0 {
        return Ok(0);
    }
    // In the order of the key, so that neighbours in the table are written together.
    let mut changes: BTreeMap<(PromptId, NaiveDate), DayViews> = BTreeMap::new();
    for delta in taken {
        changes.entry((delta.prompt_id, delta.day)).or_default().merge(&delta.views);
    }
    let (prompts, days): (Vec<PromptId>, Vec<NaiveDate>) = changes.keys().copied().unzip();
    let known = prompt_days::get(connection, &prompts, &days).await?;
    let mut known: HashMap<(PromptId, NaiveDate), DayViews> =
        known.into_iter().map(|row| ((row.prompt_id, row.day), row.views)).collect();
    let mut gained: Vec<(PromptId, NaiveDate, f64)> = Vec::with_capacity(changes.len());
    let mut rows = Vec::with_capacity(changes.len());
    for ((prompt_id, day), change) in changes {
        let mut views = known.remove(&(prompt_id, day)).unwrap_or_default();
        let before = if views.views() == 0 { 0.0 } else { points(views.views(), views.viewers()) };
        views.merge(&change);
        gained.push((prompt_id, day, points(views.views(), views.viewers()) - before));
        rows.push(PromptDay { prompt_id, day, views });
    }
    prompt_days::upsert(connection, &rows).await?;
    reopen_days(connection, &rows).await?;
    add_points(connection, &gained).await?;
    Ok(count)
}

/// Adds the points that days gained to the scores of their prompts; days of one prompt are neighbours.
async fn add_points(
    connection: &mut PgConnection,
    gained: &[(PromptId, NaiveDate, f64)],
) -> sqlx::Result<()> {
    let mut prompts: Vec<PromptId> = gained.iter().map(|(prompt, ..)| *prompt).collect();
    prompts.dedup();
    let mut known = prompt_scores::get(connection, &prompts).await?;
    let mut scores: Vec<(PromptId, Score)> = Vec::with_capacity(prompts.len());
    for of_prompt in gained.chunk_by(|a, b| a.0 == b.0) {
        let (prompt, first_day, _) = of_prompt[0];
        let unscored = Score { last_day: first_day, keys: ScoreKeys::NONE };
        let mut score = known.remove(&prompt).unwrap_or(unscored);
        for (_, day, points) in of_prompt {
            score.keys.add(*day, *points);
            score.last_day = score.last_day.max(*day);
        }
        scores.push((prompt, score));
    }
    prompt_scores::upsert(connection, &scores).await
}
