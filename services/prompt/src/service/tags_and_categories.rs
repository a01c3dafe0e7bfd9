//! The tags and categories in use, with counts.

use crate::{
    domain::{NameCount, NameKind},
    error::ServiceError,
    repo::tags_and_categories,
    state::AppState,
};
use http_kit::{Page, PageQuery};

/// Lists the categories or tags of listed prompts, most used first.
pub async fn list(
    state: &AppState,
    kind: NameKind,
    prefix: &str,
    query: &PageQuery,
) -> Result<Page<NameCount>, ServiceError> {
    let names = async |slice| -> Result<_, ServiceError> {
        Ok(tags_and_categories::list(&state.pool, kind, prefix, slice).await?)
    };
    let total = tags_and_categories::count(&state.pool, kind, prefix);
    query.page(total, names, NameCount::sort_key).await
}
