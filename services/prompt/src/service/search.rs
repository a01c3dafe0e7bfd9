//! Search. The index says which prompts match, and in which order; Postgres says, when the answer is made,
//! which of them are listed and what of them the caller may see.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use auth::Identity;
use http_kit::{
    Page, PageQuery,
    page::{Include, Slice},
};
use ids::PromptId;
use read_cache::{ReadError, SharedRead, View};
use search::{Highlighter, HitKey, Request};
use sqlx::PgPool;

use super::{passages::find_passages, prompt_lists};
use crate::{
    domain::{Hit, INDEXED_CHARS, Prompt, SearchFilter, SearchKey},
    error::ServiceError,
    repo::{
        likes,
        prompts::{self, Contents},
    },
    state::AppState,
};

/// Characters in which the passages of one page are searched for, divided among its contents. A page of
/// the usual size covers all that is indexed.
const HIGHLIGHTED_CHARS: usize = 400_000;

/// How often the index is asked for one page. Each time but the first means that prompts were hidden since
/// its last commit.
const MAX_ROUNDS: usize = 8;

/// The fewest hits that are asked for when a page is not full yet.
const MORE_HITS: usize = 200;

/// The fewest prompts that are read in one statement, where as many hits are left.
const MIN_BATCH: usize = 20;

/// What is searched for, and what of the hits is read.
#[derive(Clone, Debug)]
pub struct Search {
    pub keyword: String,
    pub filter: SearchFilter,
    pub include: Option<Include>,
}

/// Lists the listed prompts that match a keyword, best first.
pub async fn search(
    state: &AppState,
    caller: Option<&Identity>,
    search: Search,
    query: PageQuery,
) -> Result<View<Page<Hit>>, ServiceError> {
    let query = query.scoped(&(&search.keyword, &search.filter));
    let Some(shared) = find_shared(state, &search, &query).await? else {
        return Ok(View::own(read_page(state, caller, &search, &query).await?));
    };
    let Some(caller) = caller else { return Ok(View::Shared(shared)) };
    let ids: Vec<_> = shared.value.content.iter().map(|hit| hit.prompt.id).collect();
    let liked = likes::liked_among(&state.pool, caller.id, &ids).await?;
    if liked.is_empty() {
        return Ok(View::Shared(shared));
    }
    let mut page = shared.value.clone();
    for hit in &mut page.content {
        hit.prompt.user_has_liked = liked.contains(&hit.prompt.id);
    }
    Ok(View::own(page))
}

/// Returns a first page as everyone sees it, of which all is still true; `None` where it has to be read.
async fn find_shared(
    state: &AppState,
    search: &Search,
    query: &PageQuery,
) -> Result<Option<Arc<SharedRead<Page<Hit>>>>, ServiceError> {
    let scope =
        || format!("{} {:?}", state.search_index.generation(), (&search.keyword, &search.filter));
    let key = search.include.is_none().then(|| state.prompt_cache.list_key(query, scope()));
    let Some(key) = key.flatten() else { return Ok(None) };
    let is_read_here = Arc::new(AtomicBool::new(false));
    let read = || {
        is_read_here.store(true, Ordering::Relaxed);
        let (state, search, query) = (state.clone(), search.clone(), query.clone());
        async move {
            match read_page(&state, None, &search, &query).await {
                Ok(page) => Ok(Some(page)),
                Err(ServiceError::Database(error)) => Err(ReadError::from(error)),
                // Each caller that waited would only add to the load by another try.
                Err(ServiceError::Blocking(error)) => Err(ReadError::from(error)),
                // Whoever called reads the page without the cache, and gets the same error.
                Err(_) => Ok(None),
            }
        }
    };
    let Some(shared) = state.prompt_cache.hits(key, read).await? else { return Ok(None) };
    // What was read for another caller may have been read before this one asked.
    if is_read_here.load(Ordering::Relaxed) {
        return Ok(Some(shared));
    }
    let prompts = shared.value.content.iter().map(|hit| (hit.prompt.id, hit.prompt.row_version));
    let (ids, versions): (Vec<_>, Vec<_>) = prompts.unzip();
    let is_true =
        ids.is_empty() || prompts::are_listed_unchanged(&state.pool, &ids, &versions).await?;
    Ok(is_true.then_some(shared))
}

/// Reads a page of hits.
async fn read_page(
    state: &AppState,
    caller: Option<&Identity>,
    search: &Search,
    query: &PageQuery,
) -> Result<Page<Hit>, ServiceError> {
    let include = search.include;
    let slice = query.slice::<SearchKey>()?;
    let share = (HIGHLIGHTED_CHARS / query.size as usize).min(INDEXED_CHARS);
    let beginnings = Contents::Beginnings(share as i32);
    let size = query.size as usize;
    let found = read_hits(state, caller, request(search, slice), size, beginnings).await?;
    let Hits { total, keys, mut prompts, highlighter, goes_on_after } = found;
    let mut page = Page::new(query, keys, Some(total as i64), |key| *key);
    if let Some(last_seen) = goes_on_after {
        page.next_cursor = Some(query.cursor_after(&last_seen));
        page.last = false;
    }
    let authors: Vec<_> = prompts.iter().map(|prompt| prompt.user_id).collect();
    // The answer takes the names from the directory, which looks them up meanwhile.
    let (highlights, _) = tokio::join!(
        find_passages(state, &mut prompts, highlighter),
        state.user_directory.names_of(authors),
    );
    let mut highlights = highlights?;
    if include.is_some() {
        let ids: Vec<_> = page.content.iter().map(|key| key.id).collect();
        let contents = prompt_lists::contents_for(include);
        let _permit = prompt_lists::acquire_content_permit(state, include).await?;
        prompts = find_listed(&state.pool, caller, &ids, contents).await?;
    }
    let page = prompt_lists::page_of_prompts(page, prompts, include);
    Ok(page
        .map(|prompt| Hit { highlight: highlights.remove(&prompt.id).unwrap_or_default(), prompt }))
}

fn request(search: &Search, slice: Slice<SearchKey>) -> Request {
    let Search { keyword, filter, .. } = search.clone();
    Request {
        keyword,
        needs_all_words: false,
        category: filter.category,
        tag: filter.tag,
        author: filter.author,
        language: filter.language,
        min_rating: filter.min_rating,
        after: slice.after.map(Into::into),
        limit: slice.limit as usize,
        offset: slice.offset as usize,
        on_two_threads: false,
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
    /// The last hit that was passed over, where the page is not full and there may be more hits.
    goes_on_after: Option<SearchKey>,
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
        let found = state.search_index.search(request.clone()).await?;
        if round == 0 {
            (page.total, page.highlighter) = (found.total, found.highlighter);
        }
        let mut rest = found.hits.as_slice();
        while page.keys.len() < size && !rest.is_empty() {
            let (batch, after) = rest.split_at(rest.len().min(size.max(MIN_BATCH)));
            let ids: Vec<_> = batch.iter().map(|hit| PromptId(hit.id)).collect();
            page.add(batch, read_beginnings(state, caller, &ids, contents).await?, size);
            rest = after;
        }
        if page.keys.len() >= size {
            page.keys.extend(rest.first().copied().map(SearchKey::from));
        }
        if page.keys.len() > size || !found.has_more {
            return Ok(page);
        }
        request.after = found.hits.last().copied();
        request.offset = 0;
        request.limit = request.limit.max(MORE_HITS);
    }
    page.goes_on_after = request.after.map(SearchKey::from);
    Ok(page)
}

impl Hits {
    /// Adds those of a batch of hits that are listed, as far as the page has room, and the key of one more.
    fn add(&mut self, batch: &[HitKey], listed: Vec<Prompt>, size: usize) {
        self.total = self.total.saturating_sub(batch.len() - listed.len());
        let room = size - self.keys.len();
        let is_listed = |key: &SearchKey| listed.iter().any(|prompt| prompt.id == key.id);
        let keys = batch.iter().copied().map(SearchKey::from).filter(is_listed);
        self.keys.extend(keys.take(room + 1));
        self.prompts.extend(listed.into_iter().take(room));
    }
}

/// Finds listed prompts with the beginnings of their contents, of which few requests read at once; half of them over
/// a second connection where nobody else needs that.
async fn read_beginnings(
    state: &AppState,
    caller: Option<&Identity>,
    ids: &[PromptId],
    contents: Contents,
) -> Result<Vec<Prompt>, ServiceError> {
    let limit = &state.content_limit;
    let _permit = limit.acquire().await?;
    let is_spare = state.search_index.has_spare_thread();
    let prompts = match is_spare.then(|| limit.try_acquire()).flatten() {
        Some(_second) => find_listed_by_halves(&state.pool, caller, ids, contents).await?,
        None => find_listed(&state.pool, caller, ids, contents).await?,
    };
    Ok(prompts)
}

/// Finds prompts as [`find_listed`] does, over two connections.
async fn find_listed_by_halves(
    pool: &PgPool,
    caller: Option<&Identity>,
    ids: &[PromptId],
    contents: Contents,
) -> sqlx::Result<Vec<Prompt>> {
    let (first, second) = ids.split_at(ids.len().div_ceil(2));
    let find = |ids| find_listed(pool, caller, ids, contents);
    let (mut prompts, others) = tokio::try_join!(find(first), find(second))?;
    prompts.extend(others);
    Ok(prompts)
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

#[cfg(test)]
mod tests {
    use sqlx::query_scalar;

    use super::*;

    #[sqlx::test(migrator = "crate::MIGRATOR")]
    async fn prompts_that_are_found_by_halves_are_in_order_and_listed(pool: PgPool) {
        let insert = "with added as (
                 insert into prompts (id, user_id, username, title, content, category, visibility)
                 values (gen_random_uuid(), gen_random_uuid(), 'ada', 'Giraffe', 'Text.', 'General', $1)
                 returning id, visibility = 'PUBLIC' as listed)
             insert into prompt_counters (prompt_id, listed) select id, listed from added
             returning prompt_id";
        let mut ids = Vec::new();
        for visibility in ["PUBLIC", "PRIVATE", "PUBLIC", "PUBLIC", "PRIVATE", "PUBLIC", "PUBLIC"] {
            let id = query_scalar(insert).bind(visibility).fetch_one(&pool).await.unwrap();
            ids.push(PromptId(id));
        }
        for length in 0..=ids.len() {
            let ids = &ids[..length];
            let found = find_listed_by_halves(&pool, None, ids, Contents::None).await.unwrap();
            let found: Vec<_> = found.iter().map(|prompt| prompt.id).collect();
            let listed = [0, 2, 3, 5, 6].into_iter().filter_map(|at| ids.get(at).copied());
            assert_eq!(found, listed.collect::<Vec<_>>());
        }
    }
}
