//! Merging deltas into rollups.
//!
//! The deltas of a transaction are added up in memory, and written in parts in the order of their prompts: what
//! a part reads is still in the buffers of Postgres when it is written.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ids::PromptId;
use sqlx::{PgConnection, PgPool};

use super::close_days::reopen_days;
use crate::{
    domain::{
        CANDIDATES, DayViews, RankCursor,
        trending_score::{PERIODS, ScoreKeys, points},
    },
    repo::{
        activity_deltas,
        prompt_days::{self, PromptDay},
        prompt_scores::{self, Score},
        prompt_view_deltas, retention,
        trending_candidates::{self, Candidate, Thresholds},
    },
};

/// The bounds of a merge.
#[derive(Clone, Copy, Debug)]
pub struct MergeLimits {
    /// The most deltas that one transaction merges.
    pub deltas: i64,
    /// The number of views after which a transaction takes no more deltas.
    pub views: i64,
    /// The number of days of prompts that are written at once.
    pub part: usize,
    /// The number of candidates that pruning leaves in each ranking; there may be twice as many before.
    pub candidates: i64,
}

impl Default for MergeLimits {
    /// 200,000 deltas of 1,000,000 views take about 100 MB.
    fn default() -> Self {
        Self { deltas: 200_000, views: 1_000_000, part: 2_000, candidates: CANDIDATES }
    }
}

/// Merges the oldest deltas into rollups; returns whether there may be more. Does nothing while another
/// instance merges.
pub async fn merge_deltas(pool: &PgPool) -> sqlx::Result<bool> {
    merge_within(pool, MergeLimits::default()).await
}

/// Merges deltas within other bounds.
pub async fn merge_within(pool: &PgPool, limits: MergeLimits) -> sqlx::Result<bool> {
    let mut tx = pool.begin().await?;
    if !retention::try_lock_merge(&mut tx).await? {
        return Ok(false);
    }
    activity_deltas::merge(&mut tx).await?;
    let more = merge_views(&mut tx, limits).await?;
    if trending_candidates::is_crowded(&mut tx, 2 * limits.candidates).await? {
        trending_candidates::prune(&mut tx, limits.candidates).await?;
    }
    tx.commit().await?;
    Ok(more)
}

/// Merges all that count by now.
pub async fn merge_all(connection: &mut PgConnection) -> sqlx::Result<()> {
    activity_deltas::merge(connection).await?;
    while merge_views(connection, MergeLimits::default()).await? {}
    Ok(())
}

/// What merging adds to days of prompts, in the order of the key.
type Changes = BTreeMap<(PromptId, NaiveDate), DayViews>;

/// Merges deltas of views; returns whether there may be more.
async fn merge_views(connection: &mut PgConnection, limits: MergeLimits) -> sqlx::Result<bool> {
    let taken = prompt_view_deltas::take(connection, limits.deltas, limits.views).await?;
    let views: i64 = taken.iter().map(|delta| delta.views.views()).sum();
    let more = taken.len() as i64 >= limits.deltas || views >= limits.views;
    let mut changes = Changes::new();
    for delta in taken {
        changes.entry((delta.prompt_id, delta.day)).or_default().merge(&delta.views);
    }
    let thresholds = trending_candidates::thresholds(connection).await?;
    while !changes.is_empty() {
        let rest = match changes.keys().nth(limits.part) {
            Some(first) => {
                let first = *first;
                changes.split_off(&first)
            }
            None => Changes::new(),
        };
        merge_part(connection, changes, &thresholds).await?;
        changes = rest;
    }
    Ok(more)
}

/// Adds to some days, and to the scores of their prompts.
async fn merge_part(
    connection: &mut PgConnection,
    changes: Changes,
    thresholds: &Thresholds,
) -> sqlx::Result<()> {
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
    add_points(connection, &gained, thresholds).await
}

/// Adds the points that days gained to the scores of their prompts; days of one prompt are neighbours.
async fn add_points(
    connection: &mut PgConnection,
    gained: &[(PromptId, NaiveDate, f64)],
    thresholds: &Thresholds,
) -> sqlx::Result<()> {
    let mut prompts: Vec<PromptId> = gained.iter().map(|(prompt, ..)| *prompt).collect();
    prompts.dedup();
    let mut known = prompt_scores::get(connection, &prompts).await?;
    let mut scores: Vec<(PromptId, Score)> = Vec::with_capacity(prompts.len());
    let (mut left, mut entered) = (Vec::new(), Vec::new());
    for of_prompt in gained.chunk_by(|a, b| a.0 == b.0) {
        let (prompt, first_day, _) = of_prompt[0];
        let before = known.remove(&prompt);
        let unscored = Score { last_day: first_day, keys: ScoreKeys::NONE };
        let mut score = before.unwrap_or(unscored);
        for (_, day, points) in of_prompt {
            score.keys.add(*day, *points);
            score.last_day = score.last_day.max(*day);
        }
        // A viewer who comes back changes nothing.
        if before == Some(score) {
            continue;
        }
        if let Some(before) = &before {
            left.extend(candidates(prompt, before, thresholds));
        }
        entered.extend(candidates(prompt, &score, thresholds));
        scores.push((prompt, score));
    }
    prompt_scores::upsert(connection, &scores).await?;
    trending_candidates::delete(connection, &left).await?;
    trending_candidates::insert(connection, &entered).await
}

/// Returns a prompt at its place in each ranking of which it is a candidate.
fn candidates<'a>(
    prompt_id: PromptId,
    score: &Score,
    thresholds: &'a Thresholds,
) -> impl Iterator<Item = Candidate> + use<'a> {
    let Score { last_day, keys } = *score;
    (0..PERIODS.len())
        .map(move |class| {
            let place = RankCursor { rank: keys.rank(class), prompt_id };
            Candidate { class, place, last_day }
        })
        .filter(|candidate| candidate.place.reaches(thresholds[candidate.class]))
}
