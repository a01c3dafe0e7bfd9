//! The prompts that do best, of those that the caller could open now.

use std::collections::{HashMap, HashSet};

use auth::Identity;
use ids::PromptId;
use internal_api::prompt::{MAX_SUMMARIES, SummaryResponse};

use crate::{
    domain::{RankedPrompt, Trending, TrendingPrompt},
    service::ranking,
    state::AppState,
};

/// The number of prompts that are looked at, from the first: hidden ones and other categories are
/// passed over. Ten questions to the prompt service at most.
const MAX_CANDIDATES: usize = 10 * MAX_SUMMARIES;

/// A prompt of the ranking, with its summary if that is known.
type Candidate = (RankedPrompt, Option<SummaryResponse>);

/// Returns the prompts that do best, of one category or of all.
pub async fn list_trending(
    state: &AppState,
    caller: Option<&Identity>,
    days: u16,
    limit: u16,
    category: Option<&str>,
) -> sqlx::Result<Trending> {
    let (shown, incomplete) = candidates(state, caller, days, limit.into(), category).await?;
    let ids: Vec<PromptId> = shown.iter().map(|(ranked, _)| ranked.prompt_id).collect();
    let counts = state.recent_counts.of(&state.pool, &ids, days).await?;
    let prompts = (1..).zip(shown).map(|(rank, shown)| row(rank, shown, &counts)).collect();
    Ok(Trending { prompts, incomplete })
}

/// Reads the ranking, a page at a time, until `limit` prompts are found, and whether the prompt service
/// could not be asked about some.
async fn candidates(
    state: &AppState,
    caller: Option<&Identity>,
    days: u16,
    limit: usize,
    category: Option<&str>,
) -> sqlx::Result<(Vec<Candidate>, bool)> {
    let category = category.map(str::to_lowercase);
    let wanted = |prompt: &SummaryResponse| {
        category.as_ref().is_none_or(|category| prompt.category.to_lowercase() == *category)
    };
    // The first page normally suffices.
    let mut size = match category {
        Some(_) => MAX_SUMMARIES,
        None => (2 * limit).clamp(20, MAX_SUMMARIES),
    };
    let (mut after, mut seen) = (None, HashSet::new());
    let mut shown: Vec<Candidate> = Vec::with_capacity(limit);
    loop {
        let page = ranking::ranking(&state.pool, days, after, size as i64).await?;
        let is_last = page.len() < size;
        after = page.last().map(|ranked| ranked.cursor);
        let ids: Vec<PromptId> = page.iter().map(|ranked| ranked.prompt_id).collect();
        let known = state.prompt_directory.summaries_for(caller, &ids).await;
        for ranked in page {
            // A prompt whose score changes meanwhile may be on two pages.
            if !seen.insert(ranked.prompt_id) {
                continue;
            }
            match known.summaries.get(&ranked.prompt_id) {
                Some(Some(summary)) if wanted(summary) => {
                    shown.push((ranked, Some(summary.clone())))
                }
                // Hidden, gone, or of another category.
                Some(_) => {}
                // The category is not known, and may be another.
                None if category.is_some() => {}
                None => shown.push((ranked, None)),
            }
        }
        // Without the prompt service there is no use in going on.
        if shown.len() >= limit || !known.complete || is_last || seen.len() >= MAX_CANDIDATES {
            shown.truncate(limit);
            return Ok((shown, !known.complete));
        }
        size = MAX_SUMMARIES;
    }
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
