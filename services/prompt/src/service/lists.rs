//! Pages of prompts.

use std::collections::HashMap;

use auth::Identity;
use http_kit::{
    ApiResult, Page, PageQuery,
    page::{SortDir, wrong_cursor},
};
use ids::{PromptId, UserId};

use crate::{
    domain::Prompt,
    repo::{
        lists::{self, Order, Position, Shelf, Slice},
        prompts,
    },
    state::AppState,
};

/// A page of a shelf.
pub async fn list(
    state: &AppState,
    shelf: Shelf,
    caller: Option<&Identity>,
    query: &PageQuery,
    order: Order,
    dir: SortDir,
) -> ApiResult<Page<Prompt>> {
    let after = query.cursor::<Position>()?;
    if after.as_ref().is_some_and(|position| !order.accepts(position)) {
        return Err(wrong_cursor());
    }
    let total = match after {
        Some(_) => None,
        None => Some(lists::count(&state.pool, &shelf).await.map_err(pg::api_error)?),
    };
    let slice = Slice { order, dir, after, offset: query.offset(), limit: query.limit() + 1 };
    let positions = lists::positions(&state.pool, &shelf, slice).await.map_err(pg::api_error)?;
    let page = Page::new(query, positions, total, Position::clone);
    let ids: Vec<_> = page.content.iter().map(Position::id).collect();
    let prompts = read(state, caller, &ids).await?;
    Ok(page.with_content(prompts))
}

/// The prompts of one author: what is listed, and all for that author and for an admin.
pub async fn by_author(
    state: &AppState,
    author: UserId,
    caller: Option<&Identity>,
    query: &PageQuery,
    order: Order,
    dir: SortDir,
) -> ApiResult<Page<Prompt>> {
    let sees_all = caller.is_some_and(|caller| caller.id == author || caller.is_admin());
    let shelf = if sees_all { Shelf::Own(author) } else { Shelf::Author(author) };
    list(state, shelf, caller, query, order, dir).await
}

/// Prompts in the order of their ids here. What was deleted or hidden a moment ago is left out.
pub async fn read(
    state: &AppState,
    caller: Option<&Identity>,
    ids: &[PromptId],
) -> ApiResult<Vec<Prompt>> {
    let prompts = prompts::find_all(&state.pool, ids, caller).await.map_err(pg::api_error)?;
    let mut prompts: HashMap<_, _> =
        prompts.into_iter().map(|prompt| (prompt.id, prompt)).collect();
    Ok(ids.iter().filter_map(|id| prompts.remove(id)).collect())
}
