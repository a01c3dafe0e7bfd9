//! Views and unique viewers in periods of local days.

use std::collections::HashMap;

use ids::{PromptId, UserId};
use sqlx::{PgConnection, PgPool, Postgres, Transaction};

use super::{
    period_draft::Subject,
    read_periods::{ReadPeriod, read_periods},
};
use crate::{
    domain::{LocalDay, PeriodViews, closed_days::decode_prompts, period_views::Calendar},
    repo::{closed_days, closing_queue, prompt_authors},
};

/// The number of an author's prompts that are listed: one question to the prompt service.
const TOP: usize = internal_api::prompt::MAX_SUMMARIES;

/// The number of prompts that are read at once, so that memory stays bounded.
const AT_ONCE: usize = 20;

/// A prompt of an author, and its views.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TopPrompt {
    pub prompt_id: PromptId,
    pub views: i64,
    /// `None` where it would have to be read.
    pub unique_viewers: Option<i64>,
}

/// The views of all prompts of an author.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthorViews {
    /// The number of prompts written before the period's end.
    pub prompts: i64,
    pub period: PeriodViews,
    /// The most viewed first, equal ones in the order of their ids; 200 at most.
    pub top: Vec<TopPrompt>,
}

async fn snapshot(pool: &PgPool) -> sqlx::Result<Transaction<'static, Postgres>> {
    pool.begin_with("begin isolation level repeatable read read only").await
}

/// Returns the views of a prompt in a period of local days.
pub async fn views_of_prompt(
    pool: &PgPool,
    prompt: PromptId,
    days: &[LocalDay],
) -> sqlx::Result<PeriodViews> {
    let mut snapshot = snapshot(pool).await?;
    let periods = read_periods(&mut snapshot, &[Subject::prompt(prompt)], days).await?;
    snapshot.commit().await?;
    Ok(periods.into_iter().next().map(|period| period.views).unwrap_or_default())
}

/// Returns the views of what an author wrote, in a period of local days.
pub async fn views_of_author(
    pool: &PgPool,
    author: UserId,
    days: &[LocalDay],
) -> sqlx::Result<AuthorViews> {
    let Some(last) = days.last() else { return Ok(AuthorViews::default()) };
    let mut snapshot = snapshot(pool).await?;
    let written = prompt_authors::prompts_of(&mut *snapshot, author).await?;
    let before_end = written.iter().filter(|prompt| prompt.created_at < last.end).count();
    let subject = Subject {
        id: author.0,
        prompts: written.iter().map(|prompt| prompt.prompt_id).collect(),
        has_closed: !closing_queue::is_author_changed(&mut *snapshot, author).await?,
        by_prompt: true,
    };
    let periods = read_periods(&mut snapshot, &[subject], days).await?;
    let Some(period) = periods.into_iter().next() else { return Ok(AuthorViews::default()) };
    let top = most_viewed(&mut snapshot, author, &period, days).await?;
    snapshot.commit().await?;
    let prompts = i64::try_from(before_end).unwrap_or(i64::MAX);
    Ok(AuthorViews { prompts, period: period.views, top })
}

/// Returns an author's most viewed prompts in a period.
async fn most_viewed(
    connection: &mut PgConnection,
    author: UserId,
    period: &ReadPeriod,
    days: &[LocalDay],
) -> sqlx::Result<Vec<TopPrompt>> {
    let mut views: HashMap<PromptId, i64> = HashMap::new();
    let calendar = Calendar::of(days.iter().copied().enumerate());
    for (prompt, rows) in &period.open {
        let of_prompt: i64 = rows.iter().map(|row| calendar.views(row)).sum();
        *views.entry(*prompt).or_default() += of_prompt;
    }
    if !period.months.is_empty() || !period.days.is_empty() {
        let closed =
            closed_days::prompts(connection, author.0, &period.days, &period.months).await?;
        for (prompt, of_prompt) in closed.iter().flat_map(|prompts| decode_prompts(prompts)) {
            *views.entry(prompt).or_default() += of_prompt;
        }
    }
    let top = views.into_iter().filter(|(_, views)| *views > 0);
    let mut top: Vec<TopPrompt> = top
        .map(|(prompt_id, views)| TopPrompt { prompt_id, views, unique_viewers: None })
        .collect();
    top.sort_by_key(|prompt| (-prompt.views, prompt.prompt_id));
    top.truncate(TOP);
    if period.months.is_empty() && period.days.is_empty() {
        // All of their days were read.
        for prompt in &mut top {
            let rows = period.open.get(&prompt.prompt_id).map_or(&[][..], Vec::as_slice);
            prompt.unique_viewers = Some(calendar.unique_viewers(rows, days.len() == 1));
        }
    }
    Ok(top)
}

/// Returns the views and the unique viewers of some prompts in a period of local days; prompts without
/// views are left out.
pub async fn period_counts(
    pool: &PgPool,
    prompts: &[PromptId],
    days: &[LocalDay],
) -> sqlx::Result<HashMap<PromptId, (i64, i64)>> {
    let mut counts = HashMap::with_capacity(prompts.len());
    for some in prompts.chunks(AT_ONCE) {
        let subjects: Vec<Subject> = some.iter().copied().map(Subject::prompt).collect();
        let mut snapshot = snapshot(pool).await?;
        let periods = read_periods(&mut snapshot, &subjects, days).await?;
        snapshot.commit().await?;
        let viewed = some.iter().zip(periods).filter(|(_, period)| period.views.views > 0);
        counts.extend(
            viewed.map(|(prompt, period)| {
                (*prompt, (period.views.views, period.views.unique_viewers))
            }),
        );
    }
    Ok(counts)
}
