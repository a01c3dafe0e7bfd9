//! Pages of prompts.

use std::collections::HashMap;

use auth::Identity;
use http_kit::{
    ApiResult, Page, PageQuery,
    page::{Include, MAX_PAGE_BYTES, SortDir, wrong_cursor},
};
use ids::{PromptId, UserId};
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    domain::{Prompt, Summary},
    repo::{
        lists::{self, Order, Position, Shelf, Slice},
        prompts::{self, Contents},
    },
    state::AppState,
};

/// How a list runs, and what its items carry.
#[derive(Clone, Copy, Debug)]
pub struct Arrangement {
    pub order: Order,
    pub dir: SortDir,
    pub include: Option<Include>,
}

/// A page of a shelf.
pub async fn list(
    state: &AppState,
    shelf: Shelf,
    caller: Option<&Identity>,
    query: PageQuery,
    arrangement: Arrangement,
) -> ApiResult<Page<Prompt>> {
    let Arrangement { order, dir, include } = arrangement;
    let query = &query.scoped(&(&shelf, order, dir));
    let after = query.cursor::<Position>()?;
    if after.as_ref().is_some_and(|position| !order.accepts(position)) {
        return Err(wrong_cursor());
    }
    let _place = place_for_contents(state, include).await?;
    let total = match after {
        Some(_) => None,
        None => Some(lists::count(&state.pool, &shelf).await.map_err(pg::api_error)?),
    };
    let slice = Slice { order, dir, after, offset: query.offset(), limit: query.limit() + 1 };
    let positions = lists::positions(&state.pool, &shelf, slice).await.map_err(pg::api_error)?;
    let page = Page::new(query, positions, total, Position::clone);
    let ids: Vec<_> = page.content.iter().map(Position::id).collect();
    let prompts = read(state, caller, &ids, contents(include)).await?;
    Ok(with_prompts(page, prompts, include))
}

/// The prompts of one author: what is listed, and all for that author and for an admin.
pub async fn by_author(
    state: &AppState,
    author: UserId,
    caller: Option<&Identity>,
    query: PageQuery,
    arrangement: Arrangement,
) -> ApiResult<Page<Prompt>> {
    let sees_all = caller.is_some_and(|caller| caller.id == author || caller.is_admin());
    let shelf = if sees_all { Shelf::Own(author) } else { Shelf::Author(author) };
    list(state, shelf, caller, query, arrangement).await
}

/// A page with these prompts on it, which says when it lacks contents that were asked for.
pub fn with_prompts<T>(
    page: Page<T>,
    prompts: Vec<Prompt>,
    include: Option<Include>,
) -> Page<Prompt> {
    let lacks = |prompt: &Prompt| prompt.content.is_none() && prompt.is_readable();
    let content_truncated = include.is_some() && prompts.iter().any(lacks);
    Page { content_truncated, ..page.with_content(prompts) }
}

/// A place among those who read contents, if they are asked for: taken before the first connection is,
/// so that nobody holds up others while waiting.
pub async fn place_for_contents(
    state: &AppState,
    include: Option<Include>,
) -> ApiResult<Option<OwnedSemaphorePermit>> {
    match include {
        Some(Include::Content) => Ok(Some(state.contents.place().await?)),
        None => Ok(None),
    }
}

/// What is fetched for the items of a list: no more than a page may hold.
pub fn contents(include: Option<Include>) -> Contents {
    match include {
        Some(Include::Content) => Contents::Within(MAX_PAGE_BYTES),
        None => Contents::No,
    }
}

/// Prompts in the order of their ids here. What was deleted or hidden a moment ago is left out.
pub async fn read(
    state: &AppState,
    caller: Option<&Identity>,
    ids: &[PromptId],
    contents: Contents,
) -> ApiResult<Vec<Prompt>> {
    let prompts =
        prompts::find_all(&state.pool, ids, caller, contents).await.map_err(pg::api_error)?;
    let mut prompts: HashMap<_, _> =
        prompts.into_iter().map(|prompt| (prompt.id, prompt)).collect();
    Ok(ids.iter().filter_map(|id| prompts.remove(id)).collect())
}

/// Those of these prompts that are in public lists now, in no order.
pub async fn summaries(state: &AppState, ids: &[PromptId]) -> ApiResult<Vec<Summary>> {
    lists::summaries(&state.pool, ids).await.map_err(pg::api_error)
}
