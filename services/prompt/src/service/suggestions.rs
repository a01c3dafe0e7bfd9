//! What may be meant by a keyword that is still being typed.

use ids::{PromptId, UserId};
use search::Suggestion;

use crate::{domain::DELETED_USERNAME, error::ServiceError, repo::suggestions, state::AppState};

/// Suggestions that the index is asked for beyond those that are shown, of which some may be true no longer.
const SPARE: usize = 8;

/// Lists what may be meant, the likeliest first. Titles and authors are those of prompts that are listed
/// now; tags, categories and words those of a moment ago.
pub async fn suggest(
    state: &AppState,
    typed: String,
    limit: usize,
) -> Result<Vec<Suggestion>, ServiceError> {
    let ask = move |index: &search::Index| index.suggest(&typed, limit + SPARE);
    let mut found = state.search_index.ask(ask).await?;
    found.retain(|suggestion| suggestion.text != DELETED_USERNAME);
    let is_of_prompt = |suggestion: &Suggestion| {
        suggestion.document_id.is_some() || suggestion.author_id.is_some()
    };
    let to_check: Vec<_> = found.iter().filter(|it| is_of_prompt(it)).collect();
    let mut is_true = vec![false; to_check.len()];
    if !to_check.is_empty() {
        let texts: Vec<_> = to_check.iter().map(|it| it.text.clone()).collect();
        let prompts: Vec<_> = to_check.iter().map(|it| it.document_id.map(PromptId)).collect();
        let authors: Vec<_> = to_check.iter().map(|it| it.author_id.map(UserId)).collect();
        for place in suggestions::find_true(&state.pool, &texts, &prompts, &authors).await? {
            is_true[place as usize - 1] = true;
        }
    }
    let mut is_true = is_true.into_iter();
    found.retain(|suggestion| !is_of_prompt(suggestion) || is_true.next() == Some(true));
    found.truncate(limit);
    Ok(found)
}
