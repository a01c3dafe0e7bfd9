//! Pages of prompts.

use std::collections::HashMap;

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{CursorError, Include, MAX_PAGE_BYTES, Slice, SortDir},
};
use ids::{PromptId, UserId};
use read_cache::{ReadError, View};
use sqlx::PgPool;
use tokio::sync::OwnedSemaphorePermit;

use crate::{
    domain::{ListKey, ListOrder, ListScope, Prompt, PromptSummary},
    error::ServiceError,
    repo::{
        likes, prompt_lists,
        prompts::{self, Contents},
    },
    state::AppState,
};

/// The order of a list, and the content of its items.
#[derive(Clone, Copy, Debug)]
pub struct ListOptions {
    pub order: ListOrder,
    pub dir: SortDir,
    pub include: Option<Include>,
}

/// Lists prompts.
pub async fn list(
    state: &AppState,
    scope: ListScope,
    caller: Option<&Identity>,
    query: PageQuery,
    options: ListOptions,
) -> Result<View<Page<Prompt>>, ServiceError> {
    let ListOptions { order, dir, include } = options;
    let query = query.scoped(&(&scope, order, dir));
    let is_shared = include.is_none() && !matches!(scope, ListScope::Own(_));
    let key = || state.prompt_cache.list_key(&query, format!("{:?}", (&scope, order, dir)));
    let Some(key) = is_shared.then(key).flatten() else {
        let _permit = acquire_content_permit(state, include).await?;
        let page = read_page(&state.pool, &scope, caller, &query, options).await?;
        return Ok(View::own(page));
    };
    let read = || {
        let pool = state.pool.clone();
        async move { read_page(&pool, &scope, None, &query, options).await }
    };
    let shared = state.prompt_cache.list(key, read).await?;
    let Some(caller) = caller else { return Ok(View::Shared(shared)) };
    let ids: Vec<_> = shared.value.content.iter().map(|prompt| prompt.id).collect();
    let liked = likes::liked_among(&state.pool, caller.id, &ids).await?;
    if liked.is_empty() {
        return Ok(View::Shared(shared));
    }
    let mut page = shared.value.clone();
    for prompt in &mut page.content {
        prompt.user_has_liked = liked.contains(&prompt.id);
    }
    Ok(View::own(page))
}

/// Reads a page in two statements.
async fn read_page(
    pool: &PgPool,
    scope: &ListScope,
    caller: Option<&Identity>,
    query: &PageQuery,
    ListOptions { order, dir, include }: ListOptions,
) -> Result<Page<Prompt>, ReadError> {
    let slice: Slice<ListKey> = query.slice()?;
    if slice.after.as_ref().is_some_and(|key| !order.accepts(key)) {
        return Err(CursorError::Unknown.into());
    }
    let counted = slice.after.is_none();
    let (keys, mut total) =
        prompt_lists::list_keys(pool, scope, order, dir, slice, counted).await?;
    if counted && total.is_none() {
        total = Some(prompt_lists::count(pool, scope).await?);
    }
    let page = Page::new(query, keys, total, ListKey::clone);
    let ids: Vec<_> = page.content.iter().map(ListKey::id).collect();
    let prompts = find_in_order(pool, caller, &ids, contents_for(include)).await?;
    Ok(page_of_prompts(page, prompts, include))
}

/// Lists the prompts of one author: the listed ones, or all for that author and for an admin.
pub async fn list_by_author(
    state: &AppState,
    author: UserId,
    caller: Option<&Identity>,
    query: PageQuery,
    options: ListOptions,
) -> Result<View<Page<Prompt>>, ServiceError> {
    let sees_all = caller.is_some_and(|caller| caller.id == author || caller.is_admin());
    let scope = if sees_all { ListScope::Own(author) } else { ListScope::Author(author) };
    list(state, scope, caller, query, options).await
}

/// Puts prompts on a page, which says when it lacks contents that were asked for.
pub fn page_of_prompts<T>(
    page: Page<T>,
    prompts: Vec<Prompt>,
    include: Option<Include>,
) -> Page<Prompt> {
    let lacks_content = |prompt: &Prompt| prompt.content.is_none() && prompt.is_readable();
    let content_truncated = include.is_some() && prompts.iter().any(lacks_content);
    Page { content_truncated, ..page.with_content(prompts) }
}

/// Acquires a permit to read contents, if they are asked for. Must come before the first connection, so
/// that no request waits with a connection held.
pub async fn acquire_content_permit(
    state: &AppState,
    include: Option<Include>,
) -> Result<Option<OwnedSemaphorePermit>, ServiceError> {
    match include {
        Some(Include::Content) => Ok(Some(state.content_limit.acquire().await?)),
        None => Ok(None),
    }
}

/// Returns the contents to fetch for the items of a list: no more than a page may hold.
pub fn contents_for(include: Option<Include>) -> Contents {
    match include {
        Some(Include::Content) => Contents::Within(MAX_PAGE_BYTES),
        None => Contents::None,
    }
}

/// Finds prompts in the order of `ids`, without those that were deleted or hidden meanwhile.
pub async fn find_in_order(
    pool: &PgPool,
    caller: Option<&Identity>,
    ids: &[PromptId],
    contents: Contents,
) -> sqlx::Result<Vec<Prompt>> {
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let prompts = prompts::find_all(pool, ids, caller, contents).await?;
    let mut prompts: HashMap<_, _> =
        prompts.into_iter().map(|prompt| (prompt.id, prompt)).collect();
    Ok(ids.iter().filter_map(|id| prompts.remove(id)).collect())
}

/// Finds those of the prompts that are in public lists now or that `caller` may read as author,
/// administrator or licence holder, in no order. With `unlisted`, also those that everyone may read who
/// knows their ids.
pub async fn find_summaries(
    state: &AppState,
    caller: Option<&Identity>,
    ids: &[PromptId],
    unlisted: bool,
) -> Result<Vec<PromptSummary>, ServiceError> {
    Ok(prompts::find_summaries(&state.pool, ids, caller, unlisted).await?)
}
