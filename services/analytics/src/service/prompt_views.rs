//! Views and unique viewers in periods of local days.

use std::collections::HashMap;

use ids::{PromptId, UserId};
use sqlx::PgPool;

use super::read_days::{Precision, read_days};
use crate::{
    domain::{
        LocalDay, PeriodViews,
        period_views::{ReadDay, count},
    },
    repo::prompt_authors,
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
    let read = read_days(pool, &[prompt], days, Precision::EachDay).await?;
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
    let read = read_days(pool, &prompts, days, Precision::EachDay).await?;
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
    let read = read_days(pool, prompts, days, Precision::Period).await?;
    let counts = read.into_iter().map(|(prompt, rows)| {
        let counts = count(&rows, days);
        (prompt, (counts.views, counts.unique_viewers))
    });
    Ok(counts.filter(|(_, (views, _))| *views > 0).collect())
}
