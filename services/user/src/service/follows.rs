//! Follows: one user follows another.

use auth::Identity;
use http_kit::{ApiResult, Page, PageQuery};
use ids::UserId;

use super::slice;
use crate::{
    domain::Profile,
    error::ServiceError,
    prompts::PromptStats,
    repo::{
        follows::{self, FollowCounts},
        users,
    },
    state::AppState,
};

/// Makes the caller follow a user, if they did not before.
pub async fn follow(state: &AppState, caller: &Identity, id: UserId) -> Result<(), ServiceError> {
    if caller.id == id {
        return Err(ServiceError::FollowsSelf);
    }
    match follows::insert(&state.pool, caller.id, id).await? {
        true => Ok(()),
        false => Err(ServiceError::UserNotFound),
    }
}

/// Makes the caller follow a user no longer, if they did before.
pub async fn unfollow(state: &AppState, caller: &Identity, id: UserId) -> Result<(), ServiceError> {
    if caller.id == id {
        return Err(ServiceError::FollowsSelf);
    }
    ensure_exists(state, id).await?;
    Ok(follows::delete(&state.pool, caller.id, id).await?)
}

/// Returns whether the caller follows a user.
pub async fn is_following(
    state: &AppState,
    caller: &Identity,
    id: UserId,
) -> Result<bool, ServiceError> {
    follows::is_following(&state.pool, caller.id, id).await?.ok_or(ServiceError::UserNotFound)
}

/// Lists the followers of a user, newest first.
pub async fn list_followers(
    state: &AppState,
    id: UserId,
    page: &PageQuery,
) -> ApiResult<Page<Profile>> {
    let slice = slice(page)?;
    let total = total(state, id, page, |counts| counts.followers).await?;
    let rows = follows::list_followers(&state.pool, id, slice).await.map_err(pg::api_error)?;
    Ok(Page::new(page, rows, total, |row| row.position).map(|row| row.profile))
}

/// Lists the users whom a user follows, newest first.
pub async fn list_following(
    state: &AppState,
    id: UserId,
    page: &PageQuery,
) -> ApiResult<Page<Profile>> {
    let slice = slice(page)?;
    let total = total(state, id, page, |counts| counts.following).await?;
    let rows = follows::list_following(&state.pool, id, slice).await.map_err(pg::api_error)?;
    Ok(Page::new(page, rows, total, |row| row.position).map(|row| row.profile))
}

/// Returns a user's figures; those of the prompt service are `None` when it cannot be asked.
pub async fn get_stats(
    state: &AppState,
    id: UserId,
) -> Result<(FollowCounts, Option<PromptStats>), ServiceError> {
    let counts = follows::count(&state.pool, id).await?.ok_or(ServiceError::UserNotFound)?;
    Ok((counts, state.prompts.stats(id).await))
}

/// Returns the length of a list, which only pages without a cursor show.
async fn total(
    state: &AppState,
    id: UserId,
    page: &PageQuery,
    which: impl Fn(FollowCounts) -> i64,
) -> Result<Option<i64>, ServiceError> {
    match page.cursor {
        Some(_) => ensure_exists(state, id).await.map(|()| None),
        None => {
            let counts = follows::count(&state.pool, id).await?;
            counts.map(which).map(Some).ok_or(ServiceError::UserNotFound)
        }
    }
}

async fn ensure_exists(state: &AppState, id: UserId) -> Result<(), ServiceError> {
    match users::is_active(&state.pool, id).await? {
        true => Ok(()),
        false => Err(ServiceError::UserNotFound),
    }
}
