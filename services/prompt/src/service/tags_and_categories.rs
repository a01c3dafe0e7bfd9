//! The tags and categories in use, with counts.

use crate::{
    domain::{NameCount, NameKind},
    repo::tags_and_categories,
    state::AppState,
};
use http_kit::{ApiResult, Page, PageQuery};

/// Lists the categories or tags of listed prompts, most used first.
pub async fn list(
    state: &AppState,
    kind: NameKind,
    prefix: &str,
    query: &PageQuery,
) -> ApiResult<Page<NameCount>> {
    let after = query.cursor()?;
    let total = match query.cursor {
        Some(_) => None,
        None => Some(
            tags_and_categories::count(&state.pool, kind, prefix).await.map_err(pg::api_error)?,
        ),
    };
    let rows = tags_and_categories::list(
        &state.pool,
        kind,
        prefix,
        after,
        query.offset(),
        query.limit() + 1,
    )
    .await
    .map_err(pg::api_error)?;
    Ok(Page::new(query, rows, total, NameCount::sort_key))
}
