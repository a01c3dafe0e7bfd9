//! The names in use, with counts.

use std::time::Duration;

use http_kit::{ApiResult, Page, PageQuery};
use sqlx::PgPool;
use tokio_util::sync::CancellationToken;

use crate::{
    repo::catalog::{self, Entry, Kind},
    state::AppState,
};

/// How far a count may be behind.
const SUM_UP_EVERY: Duration = Duration::from_secs(1);

/// Changes summed up in one transaction. A bulk load leaves millions.
const BATCH: i64 = 20_000;

/// A page of the categories or tags of listed prompts, most used first.
pub async fn list(
    state: &AppState,
    kind: Kind,
    prefix: &str,
    query: &PageQuery,
) -> ApiResult<Page<Entry>> {
    let after = query.cursor()?;
    let total = match query.cursor {
        Some(_) => None,
        None => Some(catalog::count(&state.pool, kind, prefix).await.map_err(pg::api_error)?),
    };
    let rows = catalog::list(&state.pool, kind, prefix, after, query.offset(), query.limit() + 1)
        .await
        .map_err(pg::api_error)?;
    Ok(Page::new(query, rows, total, Entry::position))
}

/// Sums up what changed every second until `shutdown`. Any instance may; one at a time does.
pub async fn keep_summed_up(pool: PgPool, shutdown: CancellationToken) {
    let summing = async {
        loop {
            match catalog::sum_up(&pool, BATCH).await {
                // There is more.
                Ok(Some(BATCH..)) => continue,
                Ok(_) => {}
                Err(error) => tracing::warn!("the catalog is not up to date: {error}"),
            }
            tokio::time::sleep(SUM_UP_EVERY).await;
        }
    };
    tokio::select! {
        () = summing => {}
        () = shutdown.cancelled() => {}
    }
}
