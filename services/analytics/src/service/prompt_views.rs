//! Views and unique viewers in periods of local days, and the ranking.

use std::collections::{BTreeMap, HashMap};

use chrono::NaiveDate;
use ids::{PromptId, UserId};
use sqlx::PgPool;

use crate::{
    domain::{
        DayViews, LocalDay, PeriodViews, RankCursor, RankedPrompt,
        period_views::{ReadDay, count},
        quarter::day_and_quarter,
        trending_score::{ScoreKeys, class_of},
    },
    repo::{prompt_authors, prompt_days, prompt_scores, prompt_view_deltas},
};

/// The number of an author's prompts that are listed.
const TOP: usize = 50;

/// A prompt of an author, and its views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopPrompt {
    pub prompt_id: PromptId,
    pub views: i64,
    pub unique_viewers: i64,
}

/// The views of all prompts of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorViews {
    /// The number of prompts written before the period's end.
    pub prompts: i64,
    pub period: PeriodViews,
    /// The most viewed first, equal ones in the order of their ids; 50 at most.
    pub top: Vec<TopPrompt>,
}

/// Returns the views of a prompt in a period of local days.
pub async fn views_of_prompt(
    pool: &PgPool,
    prompt: PromptId,
    days: &[LocalDay],
) -> sqlx::Result<PeriodViews> {
    let read = read(pool, &[prompt], days).await?;
    let rows: Vec<ReadDay> = read.into_values().flatten().collect();
    Ok(count(&rows, days))
}

/// Returns the views of what an author wrote, in a period of local days.
pub async fn views_of_author(
    pool: &PgPool,
    author: UserId,
    days: &[LocalDay],
) -> sqlx::Result<AuthorViews> {
    let Some(last) = days.last() else { return Ok(AuthorViews::default()) };
    let prompts = prompt_authors::prompts_of(pool, author, last.end).await?;
    let read = read(pool, &prompts, days).await?;
    let mut top: Vec<TopPrompt> = Vec::with_capacity(read.len());
    let mut rows = Vec::new();
    for (prompt_id, of_prompt) in read {
        let counts = count(&of_prompt, days);
        let (views, unique_viewers) = (counts.views, counts.unique_viewers);
        top.push(TopPrompt { prompt_id, views, unique_viewers });
        rows.extend(of_prompt);
    }
    top.retain(|prompt| prompt.views > 0);
    top.sort_by_key(|prompt| (-prompt.views, prompt.prompt_id));
    top.truncate(TOP);
    Ok(AuthorViews { prompts: prompts.len() as i64, period: count(&rows, days), top })
}

/// Returns the views and the unique viewers of some prompts in a period of local days; prompts without
/// views are left out.
pub async fn period_counts(
    pool: &PgPool,
    prompts: &[PromptId],
    days: &[LocalDay],
) -> sqlx::Result<HashMap<PromptId, (i64, i64)>> {
    let read = read(pool, prompts, days).await?;
    let counts = read.into_iter().map(|(prompt, rows)| {
        let counts = count(&rows, days);
        (prompt, (counts.views, counts.unique_viewers))
    });
    Ok(counts.filter(|(_, (views, _))| *views > 0).collect())
}

/// Returns the prompts with the highest scores that were viewed today or on the `days - 1` days before
/// (UTC), visible or not; from the one after `after`. It follows events by a second or so, and more in a
/// backlog: what is not merged yet has no score.
pub async fn ranking(
    pool: &PgPool,
    days: u16,
    after: Option<RankCursor>,
    limit: i64,
) -> sqlx::Result<Vec<RankedPrompt>> {
    let class = class_of(days);
    let rows = prompt_scores::ranking(pool, class, days.into(), after, limit).await?;
    let ranked = rows.into_iter().map(|row| RankedPrompt {
        prompt_id: row.prompt_id,
        score: ScoreKeys::score(row.key, class, row.today),
        cursor: RankCursor { rank: row.rank, prompt_id: row.prompt_id },
    });
    Ok(ranked.collect())
}

/// Reads the days (UTC) that local days touch, merged and not, in one snapshot.
async fn read(
    pool: &PgPool,
    prompts: &[PromptId],
    days: &[LocalDay],
) -> sqlx::Result<BTreeMap<PromptId, Vec<ReadDay>>> {
    let (Some(first), Some(last)) = (days.first(), days.last()) else {
        return Ok(BTreeMap::new());
    };
    let (first, last) = (day_and_quarter(first.start).0, day_and_quarter(last.end).0);
    let mut snapshot = pool.begin_with("begin isolation level repeatable read read only").await?;
    let merged = prompt_days::of_prompts(&mut *snapshot, prompts, first, last).await?;
    let pending = prompt_view_deltas::of_prompts(&mut *snapshot, prompts, first, last).await?;
    snapshot.commit().await?;
    let mut all: BTreeMap<(PromptId, NaiveDate), DayViews> =
        merged.into_iter().map(|row| ((row.prompt_id, row.day), row.views)).collect();
    for delta in pending {
        all.entry((delta.prompt_id, delta.day)).or_default().merge(&delta.views);
    }
    let mut by_prompt: BTreeMap<PromptId, Vec<ReadDay>> = BTreeMap::new();
    for ((prompt, day), views) in all {
        let complete_below = views.sampled_below();
        by_prompt.entry(prompt).or_default().push(ReadDay { day, views, complete_below });
    }
    Ok(by_prompt)
}
