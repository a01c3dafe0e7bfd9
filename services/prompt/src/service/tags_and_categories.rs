//! The tags and categories in use, with counts.

use http_kit::{Page, PageQuery};
use read_cache::{ReadError, View};
use sqlx::PgPool;

use super::prompt_cache::PageKey;
use crate::{
    domain::{NameCount, NameKind},
    error::ServiceError,
    repo::tags_and_categories,
    state::AppState,
};

/// Lists the categories or tags of listed prompts, most used first.
pub async fn list(
    state: &AppState,
    kind: NameKind,
    prefix: &str,
    query: PageQuery,
) -> Result<View<Page<NameCount>>, ServiceError> {
    let Some(key) = PageKey::first(0, &query, format!("{kind:?} {prefix}")) else {
        return Ok(View::own(read_page(&state.pool, kind, prefix, &query).await?));
    };
    let read = || {
        let (pool, prefix) = (state.pool.clone(), prefix.to_owned());
        async move { read_page(&pool, kind, &prefix, &query).await }
    };
    Ok(View::Shared(state.prompt_cache.names(key, read).await?))
}

async fn read_page(
    pool: &PgPool,
    kind: NameKind,
    prefix: &str,
    query: &PageQuery,
) -> Result<Page<NameCount>, ReadError> {
    let names = async |slice| -> Result<_, ReadError> {
        Ok(tags_and_categories::list(pool, kind, prefix, slice).await?)
    };
    let total = tags_and_categories::count(pool, kind, prefix);
    query.page(total, names, NameCount::sort_key).await
}
