//! Profiles: the part of an account that everyone may see.

use http_kit::{Page, PageQuery};
use ids::UserId;

use crate::{
    domain::Profile,
    error::ServiceError,
    repo::users::{
        profiles,
        search::{self, SearchPatterns},
    },
    state::AppState,
};

/// Returns the profile of a user who is not suspended.
pub async fn get(state: &AppState, id: UserId) -> Result<Profile, ServiceError> {
    profiles::find(&state.pool, id).await?.ok_or(ServiceError::UserNotFound)
}

/// Returns the profile of a user who is not suspended, by their username.
pub async fn get_by_username(state: &AppState, username: &str) -> Result<Profile, ServiceError> {
    profiles::find_by_username(&state.pool, username).await?.ok_or(ServiceError::UserNotFound)
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
