//! Profiles: the part of an account that everyone may see.

use http_kit::{Page, PageQuery};
use ids::UserId;
use sqlx::PgPool;

use crate::{
    domain::{Profile, fold_name},
    error::ServiceError,
    repo::users::{
        profiles,
        search::{self, SearchPatterns},
    },
    state::AppState,
};

/// Returns the profile of a user who is not suspended.
pub async fn find(pool: &PgPool, id: UserId) -> sqlx::Result<Option<Profile>> {
    profiles::find(pool, id).await
}

/// Returns the id of a user who is not suspended, by their username.
pub async fn find_id(state: &AppState, username: &str) -> Result<UserId, ServiceError> {
    let name = fold_name(username);
    let read = || {
        let (pool, name) = (state.pool.clone(), name.clone());
        async move { Ok(profiles::find_id(&pool, &name).await?) }
    };
    let found = state.answer_cache.ids_by_name.get(name.clone(), read).await?;
    found.ok_or(ServiceError::UserNotFound)
}

/// Returns the profiles of those accounts that exist, in no order.
pub async fn list(state: &AppState, ids: &[UserId]) -> Result<Vec<Profile>, ServiceError> {
    Ok(profiles::list(&state.pool, ids).await?)
}

/// Finds users by parts of their names, the username that fits best first.
pub async fn search(
    state: &AppState,
    text: &str,
    query: &PageQuery,
) -> Result<Page<Profile>, ServiceError> {
    let patterns = SearchPatterns::new(text);
    let total = search::count(&state.pool, &patterns);
    let hits = async |slice| -> Result<_, ServiceError> {
        Ok(search::search(&state.pool, &patterns, slice).await?)
    };
    let page = query.page(total, hits, |hit| hit.position.clone()).await?;
    Ok(page.map(|hit| hit.profile))
}
