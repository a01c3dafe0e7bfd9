//! Follows: one user follows another.

use auth::Identity;
use http_kit::{Page, PageQuery, page::Slice};
use ids::UserId;
use internal_api::prompt::AuthorStatsResponse;

use crate::{
    domain::Profile,
    error::ServiceError,
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
    query: &PageQuery,
) -> Result<Page<Profile>, ServiceError> {
    let rows = async |slice: Slice<_>| -> Result<_, ServiceError> {
        ensure_exists_before(state, id, &slice).await?;
        Ok(follows::list_followers(&state.pool, id, slice).await?)
    };
    let total = count(state, id, |counts| counts.followers);
    let page = query.page(total, rows, |row| row.position).await?;
    Ok(page.map(|row| row.profile))
}

/// Lists the users whom a user follows, newest first.
pub async fn list_following(
    state: &AppState,
    id: UserId,
    query: &PageQuery,
) -> Result<Page<Profile>, ServiceError> {
    let rows = async |slice: Slice<_>| -> Result<_, ServiceError> {
        ensure_exists_before(state, id, &slice).await?;
        Ok(follows::list_following(&state.pool, id, slice).await?)
    };
    let total = count(state, id, |counts| counts.following);
    let page = query.page(total, rows, |row| row.position).await?;
    Ok(page.map(|row| row.profile))
}

/// Returns a user's figures; those of the prompt service are `None` when it cannot be asked.
pub async fn get_stats(
    state: &AppState,
    id: UserId,
) -> Result<(FollowCounts, Option<AuthorStatsResponse>), ServiceError> {
    let counts = follows::count(&state.pool, id).await?.ok_or(ServiceError::UserNotFound)?;
    Ok((counts, state.prompt_service.author_stats(id).await))
}

/// Returns the length of a list of a user's.
async fn count(
    state: &AppState,
    id: UserId,
    which: impl Fn(FollowCounts) -> i64,
) -> Result<i64, ServiceError> {
    follows::count(&state.pool, id).await?.map(which).ok_or(ServiceError::UserNotFound)
}

/// Checks that the user of a list exists, where its length, which checks that too, is not asked for.
async fn ensure_exists_before<K>(
    state: &AppState,
    id: UserId,
    slice: &Slice<K>,
) -> Result<(), ServiceError> {
    if slice.after.is_some() { ensure_exists(state, id).await } else { Ok(()) }
}

async fn ensure_exists(state: &AppState, id: UserId) -> Result<(), ServiceError> {
    match users::is_active(&state.pool, id).await? {
        true => Ok(()),
        false => Err(ServiceError::UserNotFound),
    }
}
