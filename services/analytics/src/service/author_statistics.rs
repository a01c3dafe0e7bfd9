//! The views of what one author wrote, for that author and administrators.

use std::collections::HashMap;

use auth::Identity;
use ids::{PromptId, UserId};
use internal_api::prompt::MAX_SUMMARIES;
use timestamp::Timestamp;

use crate::{
    domain::{
        AuthorStatistics, Interval, Period, ShownPrompt,
        period::{DEFAULT_MONTH, Given},
    },
    error::ServiceError,
    service::prompt_views::{self, TopPrompt},
    state::AppState,
};

/// The most prompts that are shown.
const SHOWN: usize = 10;

/// Returns the views of what `author` wrote in a period, by day, and their most viewed prompts of those that
/// `caller` may read now.
pub async fn get_author_statistics(
    state: &AppState,
    caller: &Identity,
    author: UserId,
    given: Given,
) -> Result<AuthorStatistics, ServiceError> {
    if caller.id != author && !caller.is_admin() {
        return Err(ServiceError::NotYours);
    }
    let period = Period::new(given, Interval::Day, DEFAULT_MONTH, Timestamp::now())?;
    if !state.user_directory.exists(author).await? {
        return Err(ServiceError::UserNotFound);
    }
    let found = prompt_views::views_of_author(&state.pool, author, &period.days).await?;
    let (mut top_prompts, incomplete) = show(state, caller, &found.top).await;
    let known = found.top.iter().filter_map(|top| Some((top.prompt_id, top.unique_viewers?)));
    let known: HashMap<PromptId, i64> = known.collect();
    let shown = top_prompts.iter().map(|prompt| prompt.prompt_id);
    let unknown: Vec<PromptId> = shown.filter(|prompt| !known.contains_key(prompt)).collect();
    let counts = prompt_views::period_counts(&state.pool, &unknown, &period.days).await?;
    for prompt in &mut top_prompts {
        let counted = counts.get(&prompt.prompt_id).map(|(_, unique_viewers)| unique_viewers);
        if let Some(unique_viewers) = known.get(&prompt.prompt_id).or(counted) {
            prompt.unique_viewers = *unique_viewers;
        }
    }
    Ok(AuthorStatistics { prompts: found.prompts, views: found.period, top_prompts, incomplete })
}

/// Returns those of the prompts that `caller` may read, with the titles that they have now, and whether
/// some are missing because the prompt service could not be asked.
async fn show(
    state: &AppState,
    caller: &Identity,
    ranked: &[TopPrompt],
) -> (Vec<ShownPrompt>, bool) {
    let mut shown = Vec::with_capacity(SHOWN);
    for some in ranked.chunks(MAX_SUMMARIES) {
        let ids: Vec<PromptId> = some.iter().map(|prompt| prompt.prompt_id).collect();
        let mut known = state.prompt_directory.summaries_for(Some(caller), &ids).await;
        shown.extend(some.iter().filter_map(|prompt| {
            let summary = known.summaries.remove(&prompt.prompt_id).flatten()?;
            Some(ShownPrompt {
                prompt_id: prompt.prompt_id,
                title: summary.title,
                category: summary.category,
                views: prompt.views,
                // Counted afterwards, of those that are shown.
                unique_viewers: 0,
            })
        }));
        shown.truncate(SHOWN);
        if !known.complete || shown.len() == SHOWN {
            return (shown, !known.complete);
        }
    }
    (shown, false)
}
