//! Search. The index says which prompts match, and in which order; Postgres says, when the answer is made,
//! which of them are listed and what of them the caller may see.

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{Include, Slice},
};
use ids::PromptId;
use search::{Highlighter, Request};
use sqlx::PgPool;

use super::{passages::find_passages, prompt_lists};
use crate::{
    domain::{INDEXED_CHARS, Prompt, SearchFilter, SearchKey},
    error::ServiceError,
    repo::prompts::Contents,
    state::AppState,
};

/// Characters in which the passages of one page are searched for, divided among its contents. A page of
/// the usual size covers all that is indexed.
const HIGHLIGHTED_CHARS: usize = 400_000;

/// How often the index is asked for one page, each time for twice as many hits. Each time but the first means
/// that prompts were hidden since its last commit.
const MAX_ROUNDS: usize = 8;

/// A prompt that matches, and the passage that does, as HTML.
pub struct Hit {
    pub prompt: Prompt,
    pub highlight: String,
}

/// Lists the listed prompts that match a keyword, best first.
pub async fn search(
    state: &AppState,
    caller: Option<&Identity>,
    keyword: &str,
    filter: &SearchFilter,
    query: PageQuery,
    include: Option<Include>,
) -> Result<Page<Hit>, ServiceError> {
    let query = &query.scoped(&(keyword, filter));
    let slice = query.slice::<SearchKey>()?;
    let permit = prompt_lists::acquire_content_permit(state, include).await?;
    let share = (HIGHLIGHTED_CHARS / query.size as usize).min(INDEXED_CHARS);
    let beginnings = Contents::Beginnings(share as i32);
    let found = {
        let _permit = match permit {
            Some(_) => None,
            None => Some(state.content_limit.acquire().await?),
        };
        let request = request(keyword, filter, slice);
        read_hits(state, caller, request, query.size as usize, beginnings).await?
    };
    let Hits { total, keys, mut prompts, highlighter } = found;
    let page = Page::new(query, keys, Some(total as i64), |key| *key);
    let mut highlights = find_passages(state, &mut prompts, highlighter).await?;
    if include.is_some() {
        let ids: Vec<_> = page.content.iter().map(|key| key.id).collect();
        let contents = prompt_lists::contents_for(include);
        prompts = find_listed(&state.pool, caller, &ids, contents).await?;
    }
    let page = prompt_lists::page_of_prompts(page, prompts, include);
    Ok(page
        .map(|prompt| Hit { highlight: highlights.remove(&prompt.id).unwrap_or_default(), prompt }))
}

fn request(keyword: &str, filter: &SearchFilter, slice: Slice<SearchKey>) -> Request {
    let filter = filter.clone();
    Request {
        keyword: keyword.to_owned(),
        needs_all_words: false,
        category: filter.category,
        tag: filter.tag,
        author: filter.author,
        language: filter.language,
        min_rating: filter.min_rating,
        after: slice.after.map(Into::into),
        limit: slice.limit as usize,
        offset: slice.offset as usize,
    }
}

/// The prompts of a page.
#[derive(Default)]
struct Hits {
    /// How many prompts match, as far as is known.
    total: usize,
    /// The keys of the prompts, and that of one more hit if there is any.
    keys: Vec<SearchKey>,
    prompts: Vec<Prompt>,
    highlighter: Highlighter,
}

/// Reads a page of prompts. Those that are not listed now are passed over, and the page is filled with the
/// hits after them.
async fn read_hits(
    state: &AppState,
    caller: Option<&Identity>,
    mut request: Request,
    size: usize,
    contents: Contents,
) -> Result<Hits, ServiceError> {
    let mut page = Hits::default();
    for round in 0..MAX_ROUNDS {
        let asked = request.clone();
        let found = state.search_index.ask(move |index| index.search(&asked)).await?;
        if round == 0 {
            (page.total, page.highlighter) = (found.total, found.highlighter);
        }
        let mut rest = found.hits.as_slice();
        while page.keys.len() < size && !rest.is_empty() {
            let (batch, after) = rest.split_at(rest.len().min(size - page.keys.len()));
            let ids: Vec<_> = batch.iter().map(|place| PromptId(place.id)).collect();
            let listed = find_listed(&state.pool, caller, &ids, contents).await?;
            let is_listed = |key: &SearchKey| listed.iter().any(|prompt| prompt.id == key.id);
            page.keys.extend(batch.iter().copied().map(SearchKey::from).filter(is_listed));
            page.total = page.total.saturating_sub(batch.len() - listed.len());
            page.prompts.extend(listed);
            rest = after;
        }
        if let Some(next) = rest.first() {
            page.keys.push((*next).into());
            break;
        }
        if found.hits.len() < request.limit {
            break;
        }
        request.after = found.hits.last().copied();
        request.offset = 0;
        request.limit *= 2;
    }
    Ok(page)
}

/// Finds prompts in the order of `ids`, without those that are not listed now.
pub async fn find_listed(
    pool: &PgPool,
    caller: Option<&Identity>,
    ids: &[PromptId],
    contents: Contents,
) -> sqlx::Result<Vec<Prompt>> {
    let mut prompts = prompt_lists::find_in_order(pool, caller, ids, contents).await?;
    prompts.retain(Prompt::is_listed);
    Ok(prompts)
}
