//! Prompts that are like another.

use auth::Identity;
use http_kit::{Page, PageQuery};
use ids::PromptId;
use search::{Document, Popularity};

use super::{prompt_lists, reading, search::find_listed};
use crate::{
    domain::{Prompt, VersionRef},
    error::ServiceError,
    repo::prompts::Contents,
    state::AppState,
};

/// Prompts that the index is asked for beyond those that are shown, of which some may be hidden.
const SPARE: usize = 8;

/// Lists the listed prompts that are most like one that the caller may read, at most `limit`.
pub async fn list(
    state: &AppState,
    caller: Option<&Identity>,
    id: PromptId,
    limit: u32,
) -> Result<Page<Prompt>, ServiceError> {
    let prompt = reading::view(state, caller, id, VersionRef::Newest).await?;
    let document = document(prompt.value());
    let most = limit as usize + SPARE;
    let alike = state.search_index.ask(move |index| index.related(&document, most)).await?;
    let ids: Vec<_> = alike.into_iter().map(PromptId).collect();
    let mut prompts = find_listed(&state.pool, caller, &ids, Contents::None).await?;
    prompts.truncate(limit as usize);
    let mut query = PageQuery::default();
    query.size = limit;
    let total = prompts.len() as i64;
    let page = Page::new(&query, vec![(); prompts.len()], Some(total), |()| ());
    Ok(prompt_lists::page_of_prompts(page, prompts, None))
}

/// Returns what a prompt is compared by. Likeness to text that is withheld would tell of it, so it is not
/// compared by more of the content than everyone sees.
fn document(prompt: &Prompt) -> Document {
    Document {
        id: prompt.id.0,
        title: prompt.title.clone(),
        tags: prompt.tags.clone(),
        category: prompt.category.clone(),
        description: prompt.description.clone().unwrap_or_default(),
        content: prompt.content_preview.clone(),
        author: prompt.username.clone(),
        author_id: prompt.user_id.0,
        popularity: Popularity::default(),
    }
}
