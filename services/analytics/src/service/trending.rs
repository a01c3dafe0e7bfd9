//! The prompts that do best and that everyone may read now.

use std::collections::HashMap;

use chrono::TimeDelta;
use ids::PromptId;
use internal_api::prompt::{MAX_SUMMARIES, SummaryResponse};
use timestamp::Timestamp;

use crate::{
    domain::{LocalDay, RankedPrompt, Trending, TrendingPrompt, quarter::midnight},
    error::ServiceError,
    service::prompt_views,
    state::AppState,
};

/// The number of prompts that are looked at, from the first: hidden ones and other categories are
/// passed over. Ten questions to the prompt service at most.
const MAX_CANDIDATES: usize = 10 * MAX_SUMMARIES;

/// Returns the prompts that do best, of one category or of all.
pub async fn list_trending(
    state: &AppState,
    days: u16,
    limit: u16,
    category: Option<&str>,
) -> Result<Trending, ServiceError> {
    let category = category.map(str::to_lowercase);
    let wanted = |prompt: &SummaryResponse| {
        category.as_ref().is_none_or(|category| prompt.category.to_lowercase() == *category)
    };
    let limit = usize::from(limit);
    let ranking = prompt_views::ranking(&state.pool, days, None, MAX_CANDIDATES as i64).await?;
    let mut shown: Vec<(RankedPrompt, Option<SummaryResponse>)> = Vec::with_capacity(limit);
    let mut incomplete = false;
    for some in chunks(&ranking, limit, category.is_some()) {
        let ids: Vec<PromptId> = some.iter().map(|ranked| ranked.prompt_id).collect();
        let known = state.prompt_directory.summaries_of(&ids).await;
        incomplete |= !known.complete;
        for ranked in some {
            match known.summaries.get(&ranked.prompt_id) {
                Some(Some(summary)) if wanted(summary) => {
                    shown.push((*ranked, Some(summary.clone())))
                }
                // Hidden, gone, or of another category.
                Some(_) => {}
                // The category is not known, and may be another.
                None if category.is_some() => {}
                None => shown.push((*ranked, None)),
            }
        }
        // Without the prompt service there is no use in going on.
        if shown.len() >= limit || !known.complete {
            break;
        }
    }
    shown.truncate(limit);
    let ids: Vec<PromptId> = shown.iter().map(|(ranked, _)| ranked.prompt_id).collect();
    let counts = prompt_views::period_counts(&state.pool, &ids, &period(days)).await?;
    let prompts = (1..).zip(shown).map(|(rank, shown)| row(rank, shown, &counts)).collect();
    Ok(Trending { prompts, incomplete })
}

/// Splits the ranking into the parts that are asked about: the first part normally suffices for the
/// page.
fn chunks(
    ranking: &[RankedPrompt],
    limit: usize,
    one_category: bool,
) -> impl Iterator<Item = &[RankedPrompt]> {
    let first = if one_category { MAX_SUMMARIES } else { (2 * limit).clamp(20, MAX_SUMMARIES) };
    let (first, rest) = ranking.split_at(first.min(ranking.len()));
    std::iter::once(first).chain(rest.chunks(MAX_SUMMARIES))
}

/// Returns today and the `days - 1` days before it (UTC).
fn period(days: u16) -> Vec<LocalDay> {
    let today = midnight(Timestamp::now().0.date_naive());
    let day = |ago: u16| {
        let start = today - TimeDelta::days(ago.into());
        LocalDay { start: Timestamp(start), end: Timestamp(start + TimeDelta::days(1)) }
    };
    (0..days).rev().map(day).collect()
}

fn row(
    rank: i64,
    (ranked, summary): (RankedPrompt, Option<SummaryResponse>),
    counts: &HashMap<PromptId, (i64, i64)>,
) -> TrendingPrompt {
    let incomplete = summary.is_none();
    let (title, category, username) = match summary {
        Some(summary) => (Some(summary.title), Some(summary.category), Some(summary.username)),
        None => (None, None, None),
    };
    let (views, unique_viewers) = counts.get(&ranked.prompt_id).copied().unwrap_or_default();
    TrendingPrompt {
        prompt_id: ranked.prompt_id,
        title,
        category,
        username,
        views,
        unique_viewers,
        score: ranked.score,
        rank,
        incomplete,
    }
}
