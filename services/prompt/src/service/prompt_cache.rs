//! The caches of what everyone may read: prompts, what hangs on them, and first pages of lists.
//!
//! Only what an anonymous caller would be answered is kept: of a premium prompt without its content, of a hidden
//! one nothing. No mistake in deciding who may read can show what is not there.
//!
//! - A prompt is dropped by its id.
//! - What hangs on a prompt (comments, ratings) is kept under the number of the copy of the prompt under which it
//!   was read. Whatever drops that copy drops them: they are asked for under another number from then on.
//! - Lists are kept under a generation. Each change of any prompt begins the next one.

use std::{hash::Hash, sync::Arc, time::Duration};

use http_kit::{Page, PageQuery, context::RequestContext};
use ids::PromptId;
use read_cache::{Copies, Generation, Outcome, ReadCache, ReadError, SharedRead, SharedReadError};
use sqlx::PgPool;

use crate::{
    domain::{CommentThread, Hit, NameCount, Prompt, RatingSummary},
    repo::prompts,
};

/// The life of a copy. Its counters are behind by this at most, after the second that views wait to be
/// written; and so is a change of which no notification came.
const LIFETIME: Duration = Duration::from_secs(1);

/// The bytes of all copies of prompts.
const PROMPT_BYTES: u64 = 64 << 20;

/// The bytes of all pages of prompts.
const LIST_BYTES: u64 = 48 << 20;

/// The bytes of all pages of hits: most searches are asked for once only.
const HIT_BYTES: u64 = 32 << 20;

/// The bytes of all pages of comments.
const COMMENT_BYTES: u64 = 32 << 20;

/// The bytes of all sums of ratings, and those of all pages of names.
const SMALL_BYTES: u64 = 8 << 20;

/// The most bytes that a character of a text takes in a value and in its answer, where it may be escaped.
const TEXT_FACTOR: usize = 7;

/// The bytes of an item of a list, beside its texts.
const ITEM_BYTES: usize = 2048;

type SharedCache<K, T> = ReadCache<K, Arc<SharedRead<T>>>;

/// A value as everyone sees it, or its absence.
pub type Shared<T> = Outcome<Arc<SharedRead<T>>>;

/// A page as everyone sees it.
pub type SharedPage<T> = Result<Arc<SharedRead<Page<T>>>, SharedReadError>;

/// The first page of one list.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PageKey {
    /// A generation of lists, or the number of a prompt's copy.
    of: u64,
    /// The request's path, to which the page's cursor belongs.
    path: String,
    /// The filter and the order.
    scope: String,
    size: u32,
}

#[derive(Clone)]
pub struct PromptCache(Arc<Caches>);

struct Caches {
    prompts: SharedCache<PromptId, Prompt>,
    lists: SharedCache<PageKey, Page<Prompt>>,
    hits: SharedCache<PageKey, Page<Hit>>,
    comments: SharedCache<PageKey, Page<CommentThread>>,
    ratings: SharedCache<u64, RatingSummary>,
    names: SharedCache<PageKey, Page<NameCount>>,
    generation: Generation,
}

impl Default for PromptCache {
    fn default() -> Self {
        Self::living(LIFETIME)
    }
}

impl PromptCache {
    /// Makes a cache whose copies live for this time.
    pub fn living(lifetime: Duration) -> Self {
        Self(Arc::new(Caches {
            prompts: cache(lifetime, PROMPT_BYTES, |_, it| prompt_bytes(it)),
            lists: cache(lifetime, LIST_BYTES, |key: &PageKey, page| {
                key.bytes() + page_bytes(page, item_bytes)
            }),
            hits: cache(lifetime, HIT_BYTES, |key: &PageKey, page| {
                let bytes = |hit: &Hit| item_bytes(&hit.prompt) + TEXT_FACTOR * hit.highlight.len();
                key.bytes() + page_bytes(page, bytes)
            }),
            comments: cache(lifetime, COMMENT_BYTES, |key: &PageKey, page| {
                key.bytes() + page_bytes(page, thread_bytes)
            }),
            ratings: cache(lifetime, SMALL_BYTES, |_, _| ITEM_BYTES),
            names: cache(lifetime, SMALL_BYTES, |key: &PageKey, page| {
                key.bytes() + page_bytes(page, |it: &NameCount| 64 + TEXT_FACTOR * it.name.len())
            }),
            generation: Generation::default(),
        }))
    }

    /// Returns a prompt as everyone sees it; `None` when it is hidden from most, or there is none.
    pub async fn get(&self, pool: &PgPool, id: PromptId) -> Shared<Prompt> {
        let read = || {
            let pool = pool.clone();
            async move {
                let prompt = prompts::find(&pool, id, None).await?;
                Ok(prompt.map(share))
            }
        };
        self.0.prompts.get(id, read).await
    }

    /// Returns the key of a list's page; `None` when it is not the first.
    pub fn list_key(&self, query: &PageQuery, scope: String) -> Option<PageKey> {
        PageKey::first(self.0.generation.number(), query, scope)
    }

    /// Returns the first page of a list of prompts.
    pub async fn list<F>(&self, key: PageKey, read: impl FnOnce() -> F) -> SharedPage<Prompt>
    where
        F: Future<Output = Result<Page<Prompt>, ReadError>> + Send + 'static,
    {
        get_page(&self.0.lists, key, read).await
    }

    /// Returns the first page of a search; `None` when `read` gives none. The caller has to check that it is
    /// still true: a page of hits shows nothing that was hidden since.
    pub async fn hits<F>(&self, key: PageKey, read: impl FnOnce() -> F) -> Shared<Page<Hit>>
    where
        F: Future<Output = Result<Option<Page<Hit>>, ReadError>> + Send + 'static,
    {
        let read = || {
            let read = read();
            async move { Ok(read.await?.map(share)) }
        };
        self.0.hits.get(key, read).await
    }

    /// Returns the first page of a list of names.
    pub async fn names<F>(&self, key: PageKey, read: impl FnOnce() -> F) -> SharedPage<NameCount>
    where
        F: Future<Output = Result<Page<NameCount>, ReadError>> + Send + 'static,
    {
        get_page(&self.0.names, key, read).await
    }

    /// Returns the first page of the comments on a prompt.
    pub async fn comments<F>(
        &self,
        key: PageKey,
        read: impl FnOnce() -> F,
    ) -> SharedPage<CommentThread>
    where
        F: Future<Output = Result<Page<CommentThread>, ReadError>> + Send + 'static,
    {
        get_page(&self.0.comments, key, read).await
    }

    /// Returns the ratings of a prompt of which this is the copy; `None` when it is gone.
    pub async fn ratings<F>(
        &self,
        prompt: &SharedRead<Prompt>,
        read: impl FnOnce() -> F,
    ) -> Shared<RatingSummary>
    where
        F: Future<Output = Result<Option<RatingSummary>, ReadError>> + Send + 'static,
    {
        let read = || {
            let read = read();
            async move { Ok(read.await?.map(share)) }
        };
        self.0.ratings.get(prompt.number(), read).await
    }

    /// Drops a prompt, what hangs on it, and all lists, after a change of it was committed.
    pub fn forget(&self, id: PromptId) {
        self.forget_copy(id);
        self.forget_lists();
    }

    /// Drops a prompt and what hangs on it, after a change of it that no list shows.
    pub fn forget_copy(&self, id: PromptId) {
        self.0.prompts.forget(&id);
    }

    fn forget_lists(&self) {
        self.0.generation.begin_next();
    }
}

impl Copies for PromptCache {
    fn drop_changed(&self, payload: &str) {
        match payload.parse() {
            Ok(id) => self.forget(id),
            // The notification names more prompts than one.
            Err(_) => self.drop_all(),
        }
    }

    fn drop_all(&self) {
        self.0.prompts.clear();
        self.forget_lists();
    }
}

impl PageKey {
    /// Returns the key of a page; `None` when it is not the first.
    pub fn first(of: u64, query: &PageQuery, scope: String) -> Option<Self> {
        let is_first = query.page == 0 && query.cursor.is_none();
        is_first.then(|| Self {
            of,
            path: RequestContext::current().map(|context| context.path).unwrap_or_default(),
            scope,
            size: query.size,
        })
    }

    fn bytes(&self) -> usize {
        size_of::<Self>() + self.path.len() + self.scope.len()
    }
}

fn cache<K, T>(
    lifetime: Duration,
    bytes: u64,
    weigh: impl Fn(&K, &T) -> usize + Send + Sync + 'static,
) -> SharedCache<K, T>
where
    K: Clone + Eq + Hash + Send + Sync + 'static,
    T: Send + Sync + 'static,
{
    let weigh = move |key: &K, shared: &Arc<SharedRead<T>>| weigh(key, &shared.value);
    ReadCache::new(lifetime, bytes, weigh)
}

fn share<T>(value: T) -> Arc<SharedRead<T>> {
    Arc::new(SharedRead::new(value))
}

async fn get_page<T, F>(
    cache: &SharedCache<PageKey, Page<T>>,
    key: PageKey,
    read: impl FnOnce() -> F,
) -> SharedPage<T>
where
    T: Send + Sync + 'static,
    F: Future<Output = Result<Page<T>, ReadError>> + Send + 'static,
{
    let read = || {
        let read = read();
        async move { Ok(share(read.await?)) }
    };
    cache.get_value(key, read).await
}

/// Counts the bytes of a copy with its answer, which repeats the content, and the variables in it.
fn prompt_bytes(prompt: &Prompt) -> usize {
    8 * 1024 + 5 * prompt.content.as_ref().map_or(0, String::len)
}

fn page_bytes<T>(page: &Page<T>, item: impl Fn(&T) -> usize) -> usize {
    ITEM_BYTES + page.content.iter().map(item).sum::<usize>()
}

fn item_bytes(prompt: &Prompt) -> usize {
    let texts = [&prompt.title, &prompt.content_preview, &prompt.username, &prompt.category];
    let texts = texts.into_iter().chain(&prompt.description).chain(&prompt.tags);
    ITEM_BYTES + TEXT_FACTOR * texts.map(String::len).sum::<usize>()
}

fn thread_bytes(thread: &CommentThread) -> usize {
    let comments = thread.replies.iter().chain([&thread.comment]);
    comments.map(|it| ITEM_BYTES / 2 + TEXT_FACTOR * it.content.len()).sum()
}
